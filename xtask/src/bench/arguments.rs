//! The command line of `cargo xtask bench`.

use clap::{Args, Subcommand, ValueEnum};

/// Benchmarks.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(super) suite: Suite,
}

#[derive(Debug, Subcommand)]
pub(super) enum Suite {
    /// One server, one run at a time: how much time terrane adds to the engine's own, and what it costs at rest.
    ///
    /// Builds the release program, starts it on temporary data (SQLite, a folder) and drives it over HTTP:
    ///
    /// queue: from the answer to POST /runs (and from its sending) to the first instruction of the engine's first
    /// command, with an idle slot. The fake engine notes that time itself. Peer: fork and exec of `true`, and one fsync.
    ///
    /// wrap-up: from the exit of the phase's last command, as the supervisor notes it, to the arrival of the log's last
    /// byte at a client that polls it. Plan status, counts and that byte become visible in one transaction; that the
    /// plan then is `finished` is checked. Small plan, fake engine and real ones.
    ///
    /// whole: from the sending of POST /runs to the same moment. Peer: `init`, `plan`, `show -json` of the same engine
    /// and configuration without terrane, alternating with it.
    ///
    /// idle: resident memory of the server when it no longer changes, fresh and after the runs of `wrap-up`.
    ///
    /// ready: from the start of the process to the first 200 of /readyz, with a new data directory and with a used one.
    /// Peer: the same program with `--version`.
    ///
    /// The table goes to standard output, all samples to target/bench/run.csv. A wrong answer ends the run: its figures
    /// would mean nothing.
    #[command(verbatim_doc_comment)]
    Run(RunArguments),
    /// Applies: what terrane adds to the engine's own, and how soon it hears and is heard.
    ///
    /// objects: an apply of 1,000 objects by the real engines through terrane: the engine's command alone, as the
    /// supervisor notes it, and from the sending of the confirmation to `applied`. Peers: `apply` of a saved plan by the
    /// same engine, and `init` and `apply`, in a fresh folder with a `cloud` block, alternating with it. Its loopback
    /// state service is the API of the same server.
    ///
    /// cancel: from the sending of POST cancel to its answer, and to the engine's SIGINT. The fake engine notes that time.
    ///
    /// restart: from the start of a server whose predecessor was killed to the first 200 of /readyz, with 10,000 runs.
    ///
    /// agent: from the kill of an agent in mid-apply to the run event that says so, at the default times.
    ///
    /// The table goes to standard output, all samples to target/bench/apply.csv.
    #[command(verbatim_doc_comment)]
    Apply(ApplyArguments),
    /// Reading: the list of a workspace's runs, one run, one plan.
    ///
    /// list: 20 rows of the list of a workspace with 300, 100,000 and 1,000,000 runs, at a fixed rate; the time counts
    /// from when a request was due. SQLite, and a PostgreSQL of its own.
    ///
    /// rate: GET of a run and of its plan in turn, on 16 connections, the server alone on one processor, who asks and the
    /// database on the others. Peer on PostgreSQL: point reads of the same row by pgbench, prepared, 16 connections, in
    /// the server's place.
    ///
    /// Every answer is checked. The databases are filled with sqlite3 and psql. All samples: target/bench/api.csv.
    #[command(verbatim_doc_comment)]
    Api(ApiArguments),
    /// Many runs at once: 50 runs without changes on 10 workspaces in five slots, until the last is finished. Peer: init,
    /// plan and show of the same engine and configuration in fresh folders, two at a time, alternating with it.
    ///
    /// All samples: target/bench/runs.csv.
    #[command(verbatim_doc_comment)]
    Runs(RunsArguments),
    /// Redaction of one large made-up plan by the library, in a process of its own: megabytes of the plan a second, in
    /// each of its two passes, and the process's peak resident memory. One resource in twenty has secrets.
    ///
    /// The plan is written below the target folder and removed again. All samples: target/bench/redact.csv.
    #[command(verbatim_doc_comment)]
    Redact(RedactArguments),
}

#[derive(Debug, Args)]
pub(super) struct RedactArguments {
    /// Samples of each line
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(super) samples: usize,
    /// The size of the plan
    #[arg(long, default_value_t = 1_000, value_name = "MB")]
    pub(super) megabytes: u64,
}

#[derive(Debug, Args)]
pub(super) struct ApiArguments {
    /// Samples of each latency
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(super) samples: usize,
    /// How many runs there are (several with commas, growing)
    #[arg(long, value_delimiter = ',', default_values_t = [300, 100_000, 1_000_000], value_name = "N")]
    pub(super) runs: Vec<usize>,
}

#[derive(Debug, Args)]
pub(super) struct RunsArguments {
    /// Samples of each line
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(super) samples: usize,
    /// The real engines; an empty one is left out
    #[arg(long, env = "TERRANE_TEST_TOFU", default_value = "tofu", value_name = "PROGRAM")]
    pub(super) tofu: String,
    #[arg(long, env = "TERRANE_TEST_TERRAFORM", default_value = "terraform", value_name = "PROGRAM")]
    pub(super) terraform: String,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArguments {
    /// Samples of each line; a dead agent is waited for twice
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(super) samples: usize,
    /// Only these measurements (several with commas)
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [ApplyPart::Objects, ApplyPart::Cancel, ApplyPart::Restart, ApplyPart::Agent])]
    pub(super) only: Vec<ApplyPart>,
    /// The real engines; an empty one is left out
    #[arg(long, env = "TERRANE_TEST_TOFU", default_value = "tofu", value_name = "PROGRAM")]
    pub(super) tofu: String,
    #[arg(long, env = "TERRANE_TEST_TERRAFORM", default_value = "terraform", value_name = "PROGRAM")]
    pub(super) terraform: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ApplyPart {
    Objects,
    Cancel,
    Restart,
    Agent,
}

#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// Samples of each line
    #[arg(long, default_value_t = 30, value_name = "N")]
    pub(super) samples: usize,
    /// Only these measurements (several with commas)
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Part::Queue, Part::WrapUp, Part::Idle, Part::Ready])]
    pub(super) only: Vec<Part>,
    /// The real engines; an empty one is left out
    #[arg(long, env = "TERRANE_TEST_TOFU", default_value = "tofu", value_name = "PROGRAM")]
    pub(super) tofu: String,
    #[arg(long, env = "TERRANE_TEST_TERRAFORM", default_value = "terraform", value_name = "PROGRAM")]
    pub(super) terraform: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    Queue,
    /// Also measures whole runs
    WrapUp,
    Idle,
    Ready,
}
