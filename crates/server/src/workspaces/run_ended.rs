//! What the end of a run changes at its workspace: counters, and when it is destroyed by itself.

use super::store;
use crate::clock::Time;
use crate::ids::WorkspaceId;
use crate::platform::db::{DbError, Tx};
use crate::runs::model::RunStatus;
use crate::status_times::StatusTimes;

/// What the last runs came to that were applied or errored (api-contract 8.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// `None` when none of them planned to the end.
    pub plan_duration_average_ms: Option<i64>,
    /// `None` when none of them applied to the end.
    pub apply_duration_average_ms: Option<i64>,
    /// How many failed.
    pub run_failures: i64,
    /// How many there are.
    pub counted_runs: i64,
}

impl Counters {
    fn of(runs: &[(RunStatus, StatusTimes)]) -> Self {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            plan_duration_average_ms: average_ms(runs, "planning-at", "planned-at"),
            apply_duration_average_ms: average_ms(runs, "applying-at", "applied-at"),
            run_failures: count(runs.iter().filter(|(status, _)| *status == RunStatus::Errored).count()),
            counted_runs: count(runs.len()),
        }
    }
}

fn average_ms(runs: &[(RunStatus, StatusTimes)], from: &str, to: &str) -> Option<i64> {
    let lasted = |times: &StatusTimes| Some((times.get(to)?.0 - times.get(from)?.0) / 1000);
    let all: Vec<i64> = runs.iter().filter_map(|(_, times)| lasted(times)).collect();
    let count = i64::try_from(all.len()).ok().filter(|count| *count > 0)?;
    Some(all.iter().sum::<i64>() / count)
}

/// A run has ended. The caller has the workspace's row.
pub async fn run_ended(tx: &mut Tx, workspace: &WorkspaceId, now: Time) -> Result<(), DbError> {
    let runs = store::counted_runs(&mut *tx, workspace).await?;
    if !runs.is_empty() {
        store::set_counters(tx, workspace, &Counters::of(&runs)).await?;
    }
    store::destroy_after_activity(tx, workspace, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: RunStatus, times: &[(&str, i64)]) -> (RunStatus, StatusTimes) {
        let lines: String = times.iter().map(|(name, ms)| StatusTimes::line(name, Time(ms * 1000))).collect();
        (status, lines.into())
    }

    #[test]
    fn averages_are_of_the_runs_that_came_so_far() {
        let all = ["planning-at", "planned-at", "applying-at", "applied-at"];
        let whole = |plan: i64, apply: i64| {
            let times = [0, plan, plan, plan + apply];
            run(RunStatus::Applied, &all.into_iter().zip(times).collect::<Vec<_>>())
        };
        let failed = run(RunStatus::Errored, &[("planning-at", 0), ("errored-at", 900)]);
        let counters = Counters::of(&[whole(100, 10), whole(200, 30), failed]);
        let expected = Counters {
            plan_duration_average_ms: Some(150),
            apply_duration_average_ms: Some(20),
            run_failures: 1,
            counted_runs: 3,
        };
        assert_eq!(counters, expected);
        assert_eq!(Counters::of(&[]), Counters::default());
    }
}
