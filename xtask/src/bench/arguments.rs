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
