//! The histories of all runs of a test's database.

use terrane_server::platform::db::{Db, Exec, sql};
use terrane_server::runs::history::{Step, check_history};
use terrane_server::runs::model::RunStatus;

/// One statement, so that a run that is just moving is seen before or after its step.
const ALL: &str = "SELECT r.id, r.status, COALESCE(e.ordinal, 0), COALESCE(e.action, '') FROM runs r \
     LEFT JOIN run_events e ON e.run_id = r.id ORDER BY r.id, e.ordinal";

/// Each step of every run was a legal one; an error names the first that was not.
pub async fn check_histories(db: &Db) -> Result<(), String> {
    let rows: Vec<(String, String, i64, String)> = db.all(sql(ALL)).await.expect("the database answers");
    for run in rows.chunk_by(|one, next| one.0 == next.0) {
        let steps = run.iter().filter(|row| row.2 != 0);
        let steps: Vec<Step> = steps.map(|row| Step { ordinal: row.2, action: row.3.clone() }).collect();
        let (id, status, ..) = &run[0];
        let status = RunStatus::try_from(status.clone()).expect("a status the server knows");
        let actions: Vec<&str> = steps.iter().map(|step| step.action.as_str()).collect();
        check_history(&steps, status)
            .map_err(|reason| format!("the history of {id} is not legal: {reason}; {actions:?}"))?;
    }
    check_counts(db).await
}

const COUNTED: &str = "SELECT workspace_id, operation, source, status, runs FROM finished_runs \
     ORDER BY workspace_id, operation, source, status";
const ENDED: &str = "SELECT workspace_id, operation, source, status, CAST(COUNT(*) AS BIGINT) FROM runs \
     WHERE status IN ('planned_and_finished', 'applied', 'discarded', 'errored', 'canceled') \
     GROUP BY workspace_id, operation, source, status ORDER BY workspace_id, operation, source, status";

/// Runs were counted when they ended, each once.
async fn check_counts(db: &Db) -> Result<(), String> {
    type Rows = Vec<(String, String, String, String, i64)>;
    let mut view = db.snapshot().await.expect("the database answers");
    let counted: Rows = view.all(sql(COUNTED)).await.expect("the database answers");
    let ended: Rows = view.all(sql(ENDED)).await.expect("the database answers");
    if counted == ended { Ok(()) } else { Err(format!("counted were {counted:?}, ended have {ended:?}")) }
}
