//! `terrane admin …`: works on the database directly, so also when the server is down.

use crate::cli::{AgentTokenArgs, InviteArgs, PlaceArgs, TokenArgs};
use crate::server::{DATA_DIR, public_url};
use anyhow::{anyhow, bail};
use camino::Utf8PathBuf;
use secrecy::ExposeSecret;
use std::process::ExitCode;
use terrane_server::clock::Clock;
use terrane_server::config::Config;
use terrane_server::platform::db::Db;
use terrane_server::{invitations, tokens};

/// Prints a fresh token.
#[expect(clippy::print_stdout, reason = "the token is this command's output")]
pub async fn token(args: TokenArgs) -> anyhow::Result<ExitCode> {
    let (config, db) = open(args.place).await?;
    let now = Clock::default().now();
    let issued = tokens::issue_for_name(&db, &args.user, config.limits.token_life, now).await?;
    db.close().await;
    if issued.made_first_admin {
        println!("{} is the first site administrator.", args.user);
    }
    let expires = issued
        .token
        .expired_at
        .map_or_else(|| "never".to_owned(), |at| terrane_server::clock::Time(at).rfc3339());
    println!("A token of {}, valid until {expires}, shown only now:", args.user);
    println!("{}", issued.text.expose_secret());
    Ok(ExitCode::SUCCESS)
}

/// Prints a link by which a user sets a password.
#[expect(clippy::print_stdout, reason = "the link is this command's output")]
pub async fn invite(args: InviteArgs) -> anyhow::Result<ExitCode> {
    let public_url = public_url(args.public_url)?;
    let (config, db) = open(args.place).await?;
    let life = config.limits.invitation_life;
    let invited = invitations::invite(&db, &args.user, life, Clock::default().now()).await?;
    db.close().await;
    if invited.made_first_admin {
        println!("{} is the first site administrator.", args.user);
    }
    println!(
        "With this link {} sets a password and signs in, once, until {}:",
        args.user,
        invited.expires_at.rfc3339()
    );
    let secret = invited.secret.expose_secret();
    println!("{}{}{secret}", public_url.trim_end_matches('/'), invitations::PATH);
    Ok(ExitCode::SUCCESS)
}

/// Prints a fresh token for the agents of a pool.
#[expect(clippy::print_stdout, reason = "the token is this command's output")]
pub async fn agent_token(args: AgentTokenArgs) -> anyhow::Result<ExitCode> {
    let (_, db) = open(args.place).await?;
    let token = tokens::pool_token(&db, &args.pool, Clock::default().now()).await?;
    db.close().await;
    println!("A token for agents of the pool {}, valid until it is deleted, shown only now:", args.pool);
    println!("{}", token.expose_secret());
    Ok(ExitCode::SUCCESS)
}

async fn open(place: PlaceArgs) -> anyhow::Result<(Config, Db)> {
    let mut config = Config::new(place.data_dir.unwrap_or_else(|| Utf8PathBuf::from(DATA_DIR)));
    config.database_url = place.database_url;
    if config.database_url.is_none() && !config.data_dir.is_dir() {
        bail!(
            "there is no data directory {}: name the server's with --data-dir DIR, or its database with --database-url URL",
            config.data_dir
        );
    }
    let db = Db::open(&config.database_url()).await.map_err(|error| {
        anyhow!("{error}; check --data-dir or --database-url and that the database is running")
    })?;
    Ok((config, db))
}
