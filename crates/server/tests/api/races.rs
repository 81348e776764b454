//! Requests that come while an agent's claim is half done: both succeed, because everybody takes rows in one order.
//! PostgreSQL would end one of them otherwise.

use crate::support::creates;
use serde_json::json;
use std::time::Duration;
use terrane_server::plans::{self, model::EngineName};
use terrane_server::platform::db::{DbError, Tx};
use terrane_server::platform::scheduler;
use terrane_server::runs::{self, model::RunStatus};
use terrane_testkit::{Engines, Run, Setup, TestServer, on_both};

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
async fn begin_claim(server: &TestServer) -> (Tx, scheduler::store::WaitingJob) {
    let app = server.app();
    let mut tx = app.db.begin().await.expect("a transaction begins");
    let waiting = scheduler::store::next(&mut tx).await.expect("jobs can be read").expect("a job waits");
    let expires = app.clock.now().plus(app.config.limits.lease);
    let epoch = scheduler::store::lease(&mut tx, &waiting.id, "agent", "instance", expires).await;
    assert_eq!(epoch.expect("a job can be leased"), Some(1));
    (tx, waiting)
}

/// The second half, after a pause: plan and run begin.
async fn end_claim(
    server: &TestServer,
    mut tx: Tx,
    waiting: &scheduler::store::WaitingJob,
) -> Result<(), DbError> {
    tokio::time::sleep(HALF_DONE).await;
    let now = server.app().clock.now();
    let plan = plans::store::of_run(&mut tx, &waiting.run_id).await?.expect("a run has a plan");
    plans::store::start(&mut tx, &plan.id, EngineName::Tofu, Some("1.99.0"), "remote", now).await?;
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
