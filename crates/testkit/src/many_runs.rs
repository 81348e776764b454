//! Very many runs, written behind the server's back: to make them takes hours.

use terrane_server::app::App;
use terrane_server::platform::db::{Exec, sql};

macro_rules! numbers {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE numbers(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $1) ",
            $rest
        )
    };
}

const RUNS: &str = numbers!(
    "INSERT INTO runs (id, workspace_id, organization_id, configuration_version_id, status, status_times, message, \
     source, trigger_reason, is_destroy, plan_only, auto_apply, allow_empty_apply, engine, terraform_version, \
     working_directory, variables_sealed, own_variables_sealed, creation_digest, has_changes, created_at, updated_at, \
     operation) \
     SELECT 'run-many' || n, r.workspace_id, r.organization_id, r.configuration_version_id, 'discarded', \
     r.status_times, 'number ' || n || '.', r.source, r.trigger_reason, FALSE, FALSE, FALSE, FALSE, r.engine, \
     r.terraform_version, r.working_directory, r.variables_sealed, r.own_variables_sealed, r.creation_digest, FALSE, \
     r.created_at + n + 1, r.updated_at, CASE n % 5 WHEN 0 THEN 'save_plan' WHEN 1 THEN 'refresh_only' \
     WHEN 2 THEN 'destroy' WHEN 3 THEN 'empty_apply' ELSE 'plan_and_apply' END FROM numbers \
     JOIN runs r ON r.id = (SELECT s.id FROM runs s WHERE s.workspace_id = $2 ORDER BY s.created_at DESC LIMIT 1)"
);
const PLANS: &str = numbers!(
    "INSERT INTO plans (id, run_id, status, status_times, engine, has_changes, generated_configuration, created_at) \
     SELECT 'plan-many' || n, 'run-many' || n, 'unreachable', '', 'tofu', FALSE, FALSE, 0 FROM numbers"
);
const APPLIES: &str = numbers!(
    "INSERT INTO applies (id, run_id, status, status_times) \
     SELECT 'apply-many' || n, 'run-many' || n, 'unreachable', '' FROM numbers"
);
const CREATED: &str = numbers!(
    "INSERT INTO run_events (id, run_id, ordinal, action, description, created_at) \
     SELECT 're-created' || n, 'run-many' || n, 1, 'created', 'Run created', 0 FROM numbers"
);
const DISCARDED: &str = numbers!(
    "INSERT INTO run_events (id, run_id, ordinal, action, description, created_at) \
     SELECT 're-discarded' || n, 'run-many' || n, 2, 'discarded', 'Run discarded', 0 FROM numbers"
);
const COUNTS: &str = "INSERT INTO finished_runs (workspace_id, operation, source, status, runs) \
     SELECT workspace_id, operation, source, status, COUNT(*) FROM runs \
     WHERE workspace_id = $1 AND id LIKE 'run-many%' GROUP BY workspace_id, operation, source, status";

/// Gives a workspace so many runs more, all discarded, newer than the one it has: its run must have another mode and
/// status than all of these, and no variables of its own. Their ids are `run-many0` and so on, in the order of their age; every fifth has the same
/// operation.
///
/// # Panics
/// When the workspace has no run.
pub async fn many_runs(app: &App, workspace: &str, count: i64) {
    let mut tx = app.db.begin().await.expect("the database answers");
    let made = tx.run(sql(RUNS).bind(count).bind(workspace)).await.expect("the statement is right");
    assert_eq!(made, u64::try_from(count).expect("a count"), "the workspace must have a run");
    for statement in [PLANS, APPLIES, CREATED, DISCARDED] {
        tx.run(sql(statement).bind(count)).await.expect("the statement is right");
    }
    tx.run(sql(COUNTS).bind(workspace)).await.expect("the statement is right");
    tx.commit().await.expect("the database answers");
}
