//! What a run's history may look like. The server writes an event for each step, in the step's transaction; so a history
//! that is not legal shows a step that was not. Every API test asks for it at its end.

use super::model::RunStatus;

/// One row of a run's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number in the run, from 1.
    pub ordinal: i64,
    /// What happened.
    pub action: String,
}

impl Step {
    /// The status it reached, when it is one that reaches any.
    fn status(&self) -> Option<RunStatus> {
        RunStatus::ALL.iter().copied().find(|status| status.event().0 == self.action)
    }
}

/// What is known of a run while its history is read.
#[derive(Debug, Default)]
struct Reading {
    status: Option<RunStatus>,
    is_silent: bool,
    has_late_report: bool,
}

/// Says what is wrong with the history of a run that stands at a status, if anything is. Steps are in the order of their
/// numbers.
///
/// # Errors
///
/// Names the first step that could not follow the ones before it.
pub fn check_history(steps: &[Step], stands_at: RunStatus) -> Result<(), String> {
    let mut reading = Reading::default();
    for (expected, step) in (1..).zip(steps) {
        if step.ordinal != expected {
            return Err(format!("step {expected} has the number {}", step.ordinal));
        }
        reading.read(step).map_err(|reason| format!("step {expected}, {:?}: {reason}", step.action))?;
    }
    match reading.status {
        Some(status) if status == stands_at => Ok(()),
        status => Err(format!("the run is {stands_at:?}, its history ends at {status:?}")),
    }
}

impl Reading {
    fn read(&mut self, step: &Step) -> Result<(), String> {
        match step.status() {
            Some(next) => self.move_to(next),
            None => self.note(&step.action),
        }
    }

    fn move_to(&mut self, next: RunStatus) -> Result<(), String> {
        match self.status {
            None if next == RunStatus::Pending => {}
            None => return Err("a run begins by being created".to_owned()),
            Some(from) if from.may_become(next) => {}
            Some(from) => return Err(format!("a run that is {from:?} does not become {next:?}")),
        }
        self.status = Some(next);
        Ok(())
    }

    /// What happens to a run without moving it.
    fn note(&mut self, action: &str) -> Result<(), String> {
        let Some(status) = self.status else { return Err("a run begins by being created".to_owned()) };
        let is_legal = match action {
            "commented" => true,
            "agent_silent" => status == RunStatus::Applying && !std::mem::replace(&mut self.is_silent, true),
            "agent_back" => status == RunStatus::Applying && std::mem::take(&mut self.is_silent),
            "late_report" => status.is_final() && !std::mem::replace(&mut self.has_late_report, true),
            "plan_overtaken" | "plan_expired" => status == RunStatus::PlannedAndSaved,
            "force_executed" => status == RunStatus::Pending,
            _ => return Err("there is no such step".to_owned()),
        };
        if is_legal {
            Ok(())
        } else {
            Err(format!("it does not happen to a run that is {status:?}, or not twice"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(actions: &[&str]) -> Vec<Step> {
        (1..).zip(actions).map(|(ordinal, action)| Step { ordinal, action: (*action).to_owned() }).collect()
    }

    const TO_APPLYING: [&str; 7] =
        ["created", "queued", "planning", "planned", "confirmed", "apply_queued", "applying"];

    fn applying(then: &[&str]) -> Vec<Step> {
        history(&[&TO_APPLYING, then].concat())
    }

    #[test]
    fn every_status_has_an_action_of_its_own() {
        for status in RunStatus::ALL {
            let step = Step { ordinal: 1, action: status.event().0.to_owned() };
            assert_eq!(step.status(), Some(*status));
        }
    }

    #[test]
    fn what_the_server_writes_is_legal() {
        let applied =
            applying(&["agent_silent", "commented", "agent_back", "agent_silent", "agent_back", "applied"]);
        assert_eq!(check_history(&applied, RunStatus::Applied), Ok(()));
        let late = applying(&["agent_silent", "errored", "commented", "late_report"]);
        assert_eq!(check_history(&late, RunStatus::Errored), Ok(()));
        assert_eq!(check_history(&history(&["created"]), RunStatus::Pending), Ok(()));
        let saved = ["created", "queued", "planning", "planned_and_saved"];
        let overtaken = history(&[&saved[..], &["plan_overtaken", "discarded"]].concat());
        assert_eq!(check_history(&overtaken, RunStatus::Discarded), Ok(()));
        let applied_later =
            history(&[&saved[..], &["confirmed", "apply_queued", "applying", "applied"]].concat());
        assert_eq!(check_history(&applied_later, RunStatus::Applied), Ok(()));
        let forced = history(&["created", "force_executed", "queued"]);
        assert_eq!(check_history(&forced, RunStatus::PlanQueued), Ok(()));
        let canceled = history(&["created", "queued", "commented", "canceled"]);
        assert_eq!(check_history(&canceled, RunStatus::Canceled), Ok(()));
    }

    #[test]
    fn what_cannot_happen_is_found() {
        let cases: [(Vec<Step>, RunStatus, &str); 13] = [
            (history(&[]), RunStatus::Pending, "its history ends at None"),
            (history(&["queued"]), RunStatus::PlanQueued, "step 1, \"queued\": a run begins"),
            (history(&["commented", "created"]), RunStatus::Pending, "a run begins by being created"),
            (history(&["created", "created"]), RunStatus::Pending, "step 2, \"created\""),
            (history(&["created", "planning"]), RunStatus::Planning, "Pending does not become Planning"),
            (history(&["created", "queued"]), RunStatus::Planning, "the run is Planning"),
            (history(&["created", "tea_made"]), RunStatus::Pending, "no such step"),
            (history(&["created", "agent_silent"]), RunStatus::Pending, "does not happen"),
            (applying(&["applied", "applying"]), RunStatus::Applying, "Applied does not become Applying"),
            (applying(&["applied", "errored"]), RunStatus::Errored, "Applied does not become Errored"),
            (applying(&["agent_silent", "agent_silent"]), RunStatus::Applying, "not twice"),
            (applying(&["agent_back"]), RunStatus::Applying, "does not happen"),
            (applying(&["late_report", "applied"]), RunStatus::Applied, "does not happen"),
        ];
        for (steps, status, expected) in cases {
            let found = check_history(&steps, status).expect_err(expected);
            assert!(found.contains(expected), "{found}");
        }
        let mut gap = history(&["created", "queued"]);
        gap[1].ordinal = 3;
        assert_eq!(check_history(&gap, RunStatus::PlanQueued), Err("step 2 has the number 3".to_owned()));
        gap[1].ordinal = 1;
        assert!(check_history(&gap, RunStatus::PlanQueued).is_err(), "a number twice");
    }
}
