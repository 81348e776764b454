//! Requests that meet each other. While an agent's claim is half done others succeed too, because everybody takes
//! rows in one order; PostgreSQL would end one of them otherwise.

use crate::support::creates;
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use terrane_server::ids::{AgentId, JobId, RunId};
use terrane_server::plans;
use terrane_server::platform::db::{DbError, Exec, Tx, sql};
use terrane_server::platform::scheduler;
use terrane_server::runs::{self, model::RunStatus};
use terrane_testkit::{Database, Engines, Run, Setup, TestServer, body, on_both};

/// The test is the agent.
fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

/// How long a claim stays half done: enough for a request to meet it.
const HALF_DONE: Duration = Duration::from_millis(250);

async fn queued_run(server: &TestServer) -> (String, Run) {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    (workspace, run)
}

/// The first half of a claim: the job is taken.
async fn begin_claim(server: &TestServer) -> (Tx, scheduler::store::Job) {
    let app = server.app();
    let mut tx = app.db.begin().await.expect("a transaction begins");
    let mut waiting = scheduler::store::next(&mut tx).await.expect("jobs can be read").expect("a job waits");
    assert!(waiting.lease.grant(AgentId::random(), app.clock.now(), app.config.patience()));
    scheduler::store::save(&mut tx, &waiting).await.expect("a lease can be saved");
    (tx, waiting)
}

/// The second half, after a pause: plan and run begin.
async fn end_claim(server: &TestServer, mut tx: Tx, waiting: &scheduler::store::Job) -> Result<(), DbError> {
    tokio::time::sleep(HALF_DONE).await;
    let now = server.app().clock.now();
    let plan = plans::store::of_run(&mut tx, &waiting.run_id).await?.expect("a run has a plan");
    plans::store::start(&mut tx, &plan.id, now).await?;
    let (from, to) = (RunStatus::PlanQueued, RunStatus::Planning);
    runs::store::advance(&mut tx, &waiting.run_id, from, to, None, now).await?;
    tx.commit().await
}

on_both!(deleting_a_workspace_meets_a_claim, no_agent(), |server| {
    let (workspace, run) = queued_run(server).await;
    let (tx, waiting) = begin_claim(server).await;
    let path = format!("/workspaces/{workspace}");
    let (claimed, deleted) = tokio::join!(end_claim(server, tx, &waiting), server.owner.delete(&path));
    claimed.expect("the claim is not ended");
    deleted.expect_status(204);
    server.owner.get(&format!("/runs/{}", run.id)).await.expect_status(404);
});

on_both!(deleting_an_organization_meets_a_claim, no_agent(), |server| {
    queued_run(server).await;
    let (tx, waiting) = begin_claim(server).await;
    let (claimed, deleted) =
        tokio::join!(end_claim(server, tx, &waiting), server.owner.delete("/organizations/acme"));
    claimed.expect("the claim is not ended");
    deleted.expect_status(204);
});

on_both!(canceling_a_run_meets_a_claim, no_agent(), |server| {
    let (_, run) = queued_run(server).await;
    let (tx, waiting) = begin_claim(server).await;
    let (path, nothing) = (format!("/runs/{}/actions/cancel", run.id), json!({}));
    let (claimed, canceled) =
        tokio::join!(end_claim(server, tx, &waiting), server.owner.post(&path, &nothing));
    claimed.expect("the claim is not ended");
    canceled.expect_status(202);
    // The agent has it now, so it is told to stop.
    let job = scheduler::store::find(&server.app().db, &waiting.id).await.expect("jobs can be read");
    assert_eq!(job.expect("the job is there").stop.as_deref(), Some("interrupt"));
    assert_eq!(server.owner.get(&format!("/runs/{}", run.id)).await.attribute("status"), "planning");
});

on_both!(of_many_who_want_one_name_one_gets_it, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let variables = format!("/workspaces/{workspace}/vars");
    let variable = json!({ "key": "a", "value": "1", "category": "env" });
    for (path, kind, attributes) in [
        ("/organizations", "organizations", json!({ "name": "wanted" })),
        ("/organizations/acme/workspaces", "workspaces", json!({ "name": "wanted" })),
        (variables.as_str(), "vars", variable),
    ] {
        let wish = body(kind, &attributes);
        let answers = join_all((0..8).map(|_| server.owner.post(path, &wish))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![422; 7]].concat(), "{path}");
    }
});

on_both!(making_something_in_what_is_being_deleted_is_404, no_agent(), |server| {
    for number in 0..8 {
        let organization = format!("gone-{number}");
        server.owner.organization(&organization).await;
        let workspaces = format!("/organizations/{organization}/workspaces");
        let workspace =
            server.owner.post(&workspaces, &body("workspaces", &json!({ "name": "net" }))).await.id();
        let (versions, variables) = (
            format!("/workspaces/{workspace}/configuration-versions"),
            format!("/workspaces/{workspace}/vars"),
        );
        let version = body("configuration-versions", &json!({ "auto-queue-runs": false }));
        let variable = body("vars", &json!({ "key": "a", "value": "1", "category": "env" }));
        let other = body("workspaces", &json!({ "name": "other" }));
        let path = format!("/organizations/{organization}");
        let deletion = async {
            tokio::time::sleep(Duration::from_millis(number)).await;
            server.owner.delete(&path).await
        };
        let (deleted, one, two, three) = tokio::join!(
            deletion,
            server.owner.post(&versions, &version),
            server.owner.post(&variables, &variable),
            server.owner.post(&workspaces, &other)
        );
        deleted.expect_status(204);
        for answer in [one, two, three] {
            assert!(matches!(answer.status, 201 | 404), "{}: {}", answer.status, answer.text());
        }
        server.owner.get(&path).await.expect_status(404);
    }
});

on_both!(a_row_without_what_it_belongs_to_is_told_from_a_failure, no_agent(), |server| {
    let app = server.app();
    let mut tx = app.db.begin().await.expect("a transaction begins");
    let (run, now) = (RunId::random(), app.clock.now());
    let failed =
        scheduler::store::insert(&mut tx, &JobId::random(), &run, scheduler::Phase::Plan, 1, now).await;
    assert!(matches!(failed, Err(DbError::Missing(_))), "{failed:?}");
});

on_both!(a_comment_meets_a_claim_that_has_written_its_event, no_agent(), |server| {
    let (_, run) = queued_run(server).await;
    let (mut tx, waiting) = begin_claim(server).await;
    let (from, to) = (RunStatus::PlanQueued, RunStatus::Planning);
    let now = server.app().clock.now();
    assert!(runs::store::advance(&mut tx, &waiting.run_id, from, to, None, now).await.expect("it moves"));
    let half_done = async {
        tokio::time::sleep(HALF_DONE).await;
        tx.commit().await
    };
    let path = format!("/runs/{}/comments", run.id);
    let comment = body("comments", &json!({ "body": "fine" }));
    let (claimed, commented) = tokio::join!(half_done, server.owner.post(&path, &comment));
    claimed.expect("the claim is not ended");
    commented.expect_status(201);
});

/// Begins to read, and gives up after this time: timers are too coarse for it.
async fn give_up(server: &TestServer, after: Duration) {
    let mut begin = std::pin::pin!(server.app().db.snapshot());
    let begun_at = Instant::now();
    while begun_at.elapsed() < after {
        if futures_util::poll!(begin.as_mut()).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

const OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity \
     WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
/// A connection that goes back to the pool has ended its transaction by then.
const SOON: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_transaction_that_is_given_up_while_it_begins_is_not_left_open() {
    let server = TestServer::start(Database::Postgres).await;
    for number in 0..80 {
        let after = Duration::from_micros(number * 15);
        // A connection that must be made first takes longer than the patience of the test.
        for answered in join_all((0..4).map(|_| server.app().db.check())).await {
            answered.expect("PostgreSQL answers");
        }
        join_all((0..4).map(|_| give_up(&server, after))).await;
        let given_up_at = Instant::now();
        while server.app().db.one::<(i64,)>(sql(OPEN)).await.expect("PostgreSQL answers").0 > 0 {
            assert!(given_up_at.elapsed() < SOON, "a transaction given up after {after:?} is open");
        }
    }
    server.end().await;
}
