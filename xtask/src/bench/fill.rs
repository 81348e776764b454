//! Fills a database with copies of one finished run, its plan and its apply: what an installation has after years.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Where statements go.
pub(super) enum Shell {
    /// `sqlite3` and the file.
    Sqlite(PathBuf),
    /// `psql` and the URL.
    Postgres { program: PathBuf, url: String },
}

/// The tables, their prefixes, and the columns that name a run.
const TABLES: [(&str, &str, &str); 3] =
    [("runs", "run-", "id"), ("plans", "plan-", "run_id"), ("applies", "apply-", "run_id")];
/// Copies are older than the run they are of, by a second each.
const AGE_US: u64 = 1_000_000;

impl Shell {
    /// Runs statements; what they print.
    pub(super) fn run(&self, statements: &str) -> Result<String> {
        let mut command = match self {
            Self::Sqlite(file) => {
                let mut command = Command::new("sqlite3");
                command.arg("-bail").arg(file);
                command
            }
            Self::Postgres { program, url } => {
                let mut command = Command::new(program);
                command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]);
                command
            }
        };
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("failed to start {name}, which fills the database: install it"))?;
        child.stdin.take().context("no pipe")?.write_all(statements.as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn columns(&self, table: &str) -> Result<Vec<String>> {
        let names = match self {
            Self::Sqlite(_) => self.run(&format!("SELECT name FROM pragma_table_info('{table}');"))?,
            Self::Postgres { .. } => self.run(&format!(
                "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position;"
            ))?,
        };
        Ok(names.lines().map(str::to_owned).collect())
    }

    fn numbers(&self, from: usize, to: usize) -> String {
        match self {
            Self::Sqlite(_) => format!(
                "WITH RECURSIVE numbers(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})"
            ),
            Self::Postgres { .. } => {
                format!("WITH numbers AS (SELECT generate_series({from}::bigint, {to}::bigint) AS n)")
            }
        }
    }

    /// Adds the copies number `from` to `to` of a run, and lets the database look at what it has now.
    pub(super) fn copy(&self, run: &str, from: usize, to: usize) -> Result<()> {
        let mut statements = String::from("BEGIN;\n");
        for (table, prefix, run_column) in TABLES {
            let columns = self.columns(table)?;
            let copied: Vec<String> =
                columns.iter().map(|column| expression(table, prefix, column)).collect();
            statements.push_str(&format!(
                "{} INSERT INTO {table} ({}) {} SELECT {} FROM {table} t, numbers WHERE t.{run_column} = '{run}';\n",
                if matches!(self, Self::Sqlite(_)) { self.numbers(from, to) } else { String::new() },
                columns.join(", "),
                if matches!(self, Self::Sqlite(_)) { String::new() } else { self.numbers(from, to) },
                copied.join(", ")
            ));
        }
        statements.push_str(COUNTS);
        statements.push_str("COMMIT;\nANALYZE;\n");
        self.run(&statements).map(drop)
    }
}

fn expression(table: &str, prefix: &str, column: &str) -> String {
    match (table, column) {
        (_, "id") => format!("'{prefix}' || {NUMBER}"),
        (_, "run_id") => format!("'run-' || {NUMBER}"),
        (_, "created_at") => format!("t.created_at - n * {AGE_US}"),
        _ => format!("t.{column}"),
    }
}

/// Lists take their totals from these; the run that is copied has ended.
const COUNTS: &str = "DELETE FROM finished_runs;\n\
    INSERT INTO finished_runs (workspace_id, operation, source, status, runs) \
    SELECT workspace_id, operation, source, status, COUNT(*) FROM runs \
    GROUP BY workspace_id, operation, source, status;\n";

/// Sixteen letters and digits for each number.
const NUMBER: &str =
    "substr('aaaaaaaaaaaaaaaa' || replace(CAST(n AS TEXT), '0', 'b'), length(CAST(n AS TEXT)) + 1)";

/// The program of this name in PostgreSQL's folder.
pub(super) fn postgres_program(name: &str) -> Result<PathBuf> {
    let folder = std::env::var_os("TERRANE_TEST_PG_BIN").context(
        "TERRANE_TEST_PG_BIN is not set: name PostgreSQL's folder of programs (scripts/postgres prints it)",
    )?;
    Ok(Path::new(&folder).join(name))
}
