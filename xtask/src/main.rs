//! House tasks: `cargo xtask tidy` holds the tree to the house rules, `cargo xtask deps` the dependencies,
//! `cargo xtask bench` measures, `cargo xtask routes` writes `docs/routes.md`.
#![expect(clippy::print_stdout, reason = "a tool for people: what it finds goes to stdout")]

mod bench;
mod deps;
mod finding;
mod routes;
mod rust_source;
mod tidy;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use finding::Report;
use tree::Tree;

/// House tasks of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the tree against the house rules; no build, no network.
    Tidy,
    /// Check licences, refused crates, duplicate versions, and that every dependency has its note.
    Deps,
    /// Write docs/routes.md: every route, and where it differs from the official description.
    Routes,
    /// Measure the release build of the program.
    Bench(bench::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // The folder of this crate is one below the root.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?;
    let tree = || Tree::read(root).with_context(|| format!("failed to read {}", root.display()));
    match arguments.task {
        Task::Tidy => {
            let tree = tree()?;
            Ok(print("tidy", &tree, &tidy::check(&tree)))
        }
        Task::Deps => {
            let tree = tree()?;
            Ok(print("deps", &tree, &deps::check(&tree, root)?))
        }
        Task::Routes => routes::write(root).map(|()| ExitCode::SUCCESS),
        Task::Bench(arguments) => bench::bench(&arguments, root).map(|()| ExitCode::SUCCESS),
    }
}

fn print(task: &str, tree: &Tree, report: &Report) -> ExitCode {
    for finding in report.findings() {
        println!("{finding}");
    }
    let (problems, warnings) = (report.problems(), report.warnings());
    println!("{task}: {} files read, {problems} problems, {warnings} warnings", tree.files().len());
    if problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
