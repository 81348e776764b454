//! The pages of runs, at the addresses that the CLIs print (cli-protocol 3.2).

mod act;
mod list;
mod log_text;
mod page;

pub use list::table;

use crate::platform::access::{Needs, Right};
use crate::platform::http::{Route, get, post};

/// These pages' routes.
pub fn routes() -> Vec<Route> {
    const RUNS: &str = "/app/{organization}/{workspace}/runs";
    const ONE: &str = "/app/{organization}/{workspace}/runs/{run_id}";
    let read = Needs::SessionRun(Right::ReadRuns);
    let decide = Needs::SessionRun(Right::ApplyRuns);
    vec![
        get(RUNS, "showRuns", Needs::SessionWorkspace(Right::ReadRuns), list::show),
        get(ONE, "showRun", read, page::show),
        get("/app/{organization}/{workspace}/runs/{run_id}/plan-log", "showPlanLog", read, page::plan_log),
        get("/app/{organization}/{workspace}/runs/{run_id}/apply-log", "showApplyLog", read, page::apply_log),
        post("/app/{organization}/{workspace}/runs/{run_id}/confirm", "confirmOnPage", decide, act::confirm),
        post("/app/{organization}/{workspace}/runs/{run_id}/discard", "discardOnPage", decide, act::discard),
        post("/app/{organization}/{workspace}/runs/{run_id}/cancel", "cancelOnPage", decide, act::cancel),
    ]
}

/// What a path names.
#[derive(Debug, serde::Deserialize)]
struct Place {
    organization: String,
    workspace: String,
    #[serde(default)]
    run_id: String,
}

impl Place {
    fn path(&self) -> String {
        format!("/app/{}/{}/runs/{}", self.organization, self.workspace, self.run_id)
    }
}
