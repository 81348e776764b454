//! Test servers on both databases, actors, builders, the fake engine and the real ones.
//!
//! A test reads as three actors: somebody without a token, the owner of an organization, and a stranger.
//!
//! ```no_run
//! # use terrane_testkit::{Database, TestServer};
//! # async fn test() {
//! let server = TestServer::start(Database::Sqlite).await;
//! let workspace = server.owner.workspace("net-prod").await;
//! server.stranger.get(&format!("/workspaces/{workspace}")).await.expect_status(404);
//! # }
//! ```

mod actor;
mod answer;
mod browser;
mod builders;
mod database;
mod described;
mod engines;
mod histories;
mod many_runs;
mod openapi;
pub mod postgres;
mod programs;
mod server;
mod states;

pub use actor::Actor;
pub use answer::Answer;
pub use browser::{Browser, encoded};
pub use builders::{Run, archive, body};
pub use database::{Database, drop_postgres, fresh_postgres};
pub use described::Seen;
pub use engines::{Engines, fake_archive};
pub use many_runs::many_runs;
pub use openapi::{OpenApi, Violation};
pub use programs::real;
pub use server::{Setup, TestServer};
pub use states::{LINEAGE, md5_hex, state_body, state_file};

/// Defines one test that runs on SQLite and on PostgreSQL, each with a server of its own.
///
/// `on_both!(name, |server| { … })`, or with a setup: `on_both!(name, setup, |server| { … })`.
#[macro_export]
macro_rules! on_both {
    ($name:ident, |$server:ident| $body:block) => {
        $crate::on_both!($name, $crate::Setup::default(), |$server| $body);
    };
    ($name:ident, $setup:expr, |$server:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "a short test may need nothing from outside")]
            use super::*;

            async fn test($server: &$crate::TestServer) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let server = $crate::TestServer::with($crate::Database::Sqlite, $setup).await;
                test(&server).await;
                server.end().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let server = $crate::TestServer::with($crate::Database::Postgres, $setup).await;
                test(&server).await;
                server.end().await;
            }
        }
    };
}
