//! `terrane`: the open plan server for OpenTofu and Terraform. This crate only wires commands to the others.

mod admin;
mod agent;
mod cli;
mod cli_config;
mod demo;
mod engine;
mod progress_bar;
mod server;
mod signals;
mod telemetry;
mod times;

use clap::Parser;
use cli::{AdminCommand, Cli, Command};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // These two run beside the engine, before anything else of the program is set up.
    let cli = Cli::parse();
    match cli.command {
        Command::Supervise { folder } => return terrane_agent::supervise(&folder),
        Command::SandboxInit { folder } => return terrane_agent::sandbox_init(&folder),
        _ => {}
    }
    telemetry::start(&cli.telemetry);
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            tell_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// One line: the error and its causes, without those that a text before them has told already.
#[expect(clippy::print_stderr, reason = "the one place where a command tells a person why it failed")]
fn tell_error(error: &anyhow::Error) {
    let mut line = String::from("terrane");
    for cause in error.chain().map(ToString::to_string) {
        if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    eprintln!("{line}");
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Server(args) => server::run(*args).await,
            Command::Agent(args) => agent::run(args).await,
            Command::Admin { command: AdminCommand::Token(args) } => admin::token(args).await,
            Command::Admin { command: AdminCommand::Invite(args) } => admin::invite(args).await,
            Command::Admin { command: AdminCommand::AgentToken(args) } => admin::agent_token(args).await,
            Command::Engine { command } => engine::run(command).await,
            Command::CliConfig(args) => cli_config::run(&args).map(|()| ExitCode::SUCCESS),
            Command::Demo(args) => demo::run(args).await,
            Command::Supervise { .. } | Command::SandboxInit { .. } => Ok(ExitCode::FAILURE),
        }
    })
}
