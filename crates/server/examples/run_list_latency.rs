//! Measures the run list of a workspace with very many runs, on both databases, through a socket:
//! `cargo run --release -p terrane-server --example run_list_latency -- 300 100000 1000000`.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::time::{Duration, Instant};
use terrane_testkit::{Database, Engines, Setup, TestServer, many_runs};

/// Lists read for one figure, after some that warm up.
const READS: usize = 300;
const WARM_UP: usize = 30;

#[tokio::main]
async fn main() {
    let counts: Vec<i64> = std::env::args().skip(1).filter_map(|count| count.parse().ok()).collect();
    let no_agent = Setup { engines: Engines::None, configure: |config| config.agent_slots = 0 };
    for database in [Database::Sqlite, Database::Postgres] {
        for count in &counts {
            let server = TestServer::with(database, no_agent).await;
            let owner = &server.owner;
            let workspace = owner.workspace("net").await;
            let archive = terrane_testkit::archive(&[("main.tf", "")]);
            let run = owner.run(&workspace, archive, &serde_json::json!({ "plan-only": true })).await;
            owner
                .post(&format!("/runs/{}/actions/cancel", run.id), &serde_json::json!({}))
                .await
                .expect_status(202);
            many_runs(server.app(), &workspace, *count).await;
            if database == Database::Postgres {
                // As the database does by itself after a while.
                server.sql("ANALYZE", &[]).await;
            }
            for path in [
                format!("/workspaces/{workspace}/runs"),
                format!("/workspaces/{workspace}/runs?filter[status_group]=final&filter[operation]=destroy"),
                format!("/workspaces/{workspace}/runs?filter[status]=planned"),
                format!("/workspaces/{workspace}/runs?search[basic]=number"),
                "/organizations/acme/runs".to_owned(),
            ] {
                let times = measure(&server, &path).await;
                let at = |part: usize| times[(times.len() - 1) * part / 100];
                let path = path.replace(&workspace, "WORKSPACE");
                println!("{database:?} {count} runs: p50 {:?}, p99 {:?} {path}", at(50), at(99));
            }
            server.end().await;
        }
    }
}

async fn measure(server: &TestServer, path: &str) -> Vec<Duration> {
    let mut times = Vec::with_capacity(READS);
    for number in 0..WARM_UP + READS {
        let start = Instant::now();
        let answer = server.owner.get(path).await.expect_status(200);
        if number >= WARM_UP {
            times.push(start.elapsed());
        }
        assert!(answer.at("/data").is_array());
    }
    times.sort_unstable();
    times
}
