//! Every stored byte: the files of server and agent with the database's own, and every value of every table.

use crate::canary::find;
use crate::counted::Counted;
use camino::{Utf8Path, Utf8PathBuf};
use std::time::Duration;
use terrane_server::platform::db::{Db, Exec, sql};
use terrane_testkit::TestServer;
use tokio::time::{Instant, sleep};

/// The agent clears its folders up when a run has ended.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Waits until no job has a folder any more: while one is under way its inputs are there, for its engine.
pub async fn at_rest(server: &TestServer) {
    let deadline = Instant::now() + PATIENCE;
    let is_of_job = |path: &Utf8PathBuf| path.file_name() == Some("job.json");
    while files(&server.folder()).iter().any(is_of_job) {
        assert!(Instant::now() < deadline, "jobs are left: {:?}", files(&server.folder()));
        sleep(LOOK_AGAIN).await;
    }
}

/// Searches files and tables.
pub async fn search(server: &TestServer, counted: &Counted) {
    for path in files(&server.folder()) {
        // One may be gone by now.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        counted.searched("files", bytes.len());
        if let Some(found) = find(&bytes) {
            counted.leak(path.as_str(), &found);
        }
    }
    for (table, column, kind) in columns(&server.app().db).await {
        for value in values(&server.app().db, &table, &column, &kind).await {
            counted.searched("values of rows", value.len());
            if let Some(found) = find(&value) {
                counted.leak(&format!("{table}.{column}"), &found);
            }
        }
    }
}

fn files(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Ok(entries) = folder.read_dir_utf8() else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.into_path()));
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Table, name and type of every column there is.
async fn columns(db: &Db) -> Vec<(String, String, String)> {
    let query = match db {
        Db::Sqlite { .. } => {
            "SELECT t.name, c.name, c.type FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
        Db::Postgres(_) => {
            "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema = 'public'"
        }
    };
    let columns: Vec<(String, String, String)> = db.all(sql(query)).await.unwrap();
    assert!(columns.len() > 100, "{columns:?}");
    columns
}

/// All values of a column, as bytes.
async fn values(db: &Db, table: &str, column: &str, kind: &str) -> Vec<Vec<u8>> {
    let value = match db {
        Db::Sqlite { .. } => format!("CAST(\"{column}\" AS BLOB)"),
        Db::Postgres(_) if kind == "bytea" => format!("\"{column}\""),
        Db::Postgres(_) => format!("convert_to(\"{column}\"::text, 'UTF8')"),
    };
    let query = format!("SELECT {value} FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
    let rows: Vec<(Vec<u8>,)> = db.all(sql(query)).await.unwrap();
    rows.into_iter().map(|(value,)| value).collect()
}
