//! How a phase ended, in words.

use terrane_wire::{EngineKind, Job, Outcome};

use super::ending::{Asked, Why};
use crate::supervisor::record::{Exit, How, Status, StepEnd};
use crate::supervisor::spec::StepKind;

/// How a phase ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The plan was made and shown, or applied.
    Finished,
    /// An order ended it.
    Canceled,
    /// It failed.
    Errored(Failure),
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// One sentence.
    pub(crate) reason: String,
    /// The engine's own output says it already, so that the log needs no line of ours.
    pub(crate) is_told: bool,
    /// The command whose output has to be added to the log.
    pub(crate) output_of: Option<StepKind>,
}

impl Failure {
    /// A failure that only we can tell.
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_told: false, output_of: None }
    }
}

impl Verdict {
    /// A failure that only we can tell.
    pub(crate) fn errored(reason: impl Into<String>) -> Self {
        Self::Errored(Failure::new(reason))
    }

    /// For the report.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Finished => Outcome::Finished,
            Self::Canceled => Outcome::Canceled,
            Self::Errored(failure) => Outcome::Errored { reason: failure.reason.clone() },
        }
    }
}

/// What the wish for an early end makes of a phase.
pub(crate) fn of_early_end(asked: Option<Asked>) -> Verdict {
    match asked.map(|asked| asked.why) {
        None | Some(Why::Ordered) => Verdict::Canceled,
        Some(Why::LogTooLong) => {
            Verdict::errored("the engine printed more than a log may hold and was ended")
        }
        Some(Why::LeaseLost) => Verdict::errored("the job was given to another agent"),
    }
}

/// What the supervisor's record makes of a phase.
pub(crate) fn judge(exit: &Exit, asked: Option<Asked>, job: &Job) -> Verdict {
    let verdict = of_end(exit, asked, job);
    match (&exit.state_failure, verdict) {
        // The engine need not have said it, and may even have found it good enough.
        (Some(reason), Verdict::Finished) => Verdict::errored(reason),
        (Some(reason), Verdict::Errored(failure)) => {
            let reason = format!("{}; {reason}", failure.reason);
            Verdict::Errored(Failure { reason, is_told: false, ..failure })
        }
        (_, verdict) => verdict,
    }
}

/// Whether what an apply has written last need not be what exists.
pub(crate) fn is_state_uncertain(exit: &Exit) -> bool {
    let is_killed = |end: &StepEnd| matches!(end.status, Status::Signaled { .. });
    let apply = exit.steps.iter().find(|end| end.step == StepKind::Apply);
    exit.state_failure.is_some() || exit.unended == Some(StepKind::Apply) || apply.is_some_and(is_killed)
}

fn of_end(exit: &Exit, asked: Option<Asked>, job: &Job) -> Verdict {
    match &exit.how {
        How::Broken { reason } => Verdict::errored(reason),
        How::TimedOut => {
            let seconds = job.timeout_ms.div_ceil(1000);
            let phase = if job.apply().is_some() { "apply" } else { "plan" };
            Verdict::errored(format!("the {phase} took longer than {seconds} seconds and was ended"))
        }
        How::Interrupted | How::Killed => of_early_end(asked),
        How::Done if asked.is_some_and(|asked| asked.why == Why::LogTooLong) => of_early_end(asked),
        How::Done => of_steps(&exit.steps, job),
    }
}

fn of_steps(steps: &[StepEnd], job: &Job) -> Verdict {
    let expected: &[StepKind] = if job.apply().is_some() {
        &[StepKind::Init, StepKind::Apply]
    } else if job.engine.has_redacted_plans() {
        &[StepKind::Init, StepKind::Plan, StepKind::Show, StepKind::Schemas]
    } else if job.engine.has_json_plans() {
        &[StepKind::Init, StepKind::Plan, StepKind::Show]
    } else {
        &[StepKind::Init, StepKind::Plan]
    };
    let engine = job.engine.kind;
    let end_of = |kind| steps.iter().find(|step| step.step == kind).map(|step| &step.status);
    for &kind in expected {
        match end_of(kind) {
            Some(status) if status.is_success() => {}
            Some(status) => return Verdict::Errored(of_failed_step(kind, status, engine)),
            None if kind == StepKind::Show => {
                return Verdict::errored(format!("{engine} plan succeeded but wrote no plan file"));
            }
            None => return Verdict::errored(format!("{engine} {} did not run", kind.as_str())),
        }
    }
    Verdict::Finished
}

fn of_failed_step(kind: StepKind, status: &Status, engine: EngineKind) -> Failure {
    let command = kind.as_str();
    let reason = match status {
        Status::Exited { code } => format!("{engine} {command} failed with exit code {code}"),
        Status::Signaled { signal } => format!("{engine} {command} was ended by signal {signal}"),
        Status::NotStarted { reason } => format!("{engine} could not be executed: {reason}"),
    };
    let is_ours = matches!(kind, StepKind::Show | StepKind::Schemas);
    Failure {
        reason,
        is_told: matches!(status, Status::Exited { code: 1 }) && !is_ours,
        output_of: (kind == StepKind::Init || is_ours).then_some(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::spec::SPEC_VERSION;
    use terrane_wire::Stop;

    fn exit(how: How, steps: &[(StepKind, Status)]) -> Exit {
        let steps = steps.iter().map(|(step, status)| StepEnd {
            step: *step,
            started_us: 0,
            ended_us: 0,
            status: status.clone(),
        });
        Exit { version: SPEC_VERSION, how, steps: steps.collect(), unended: None, state_failure: None }
    }

    fn reason(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Errored(failure) => failure.reason.clone(),
            other => format!("{other:?}"),
        }
    }

    const OK: Status = Status::Exited { code: 0 };

    fn job(kind: &str, version: &str, task: &str) -> Job {
        let object = r#"{"url":"","sha256":"","size_bytes":0}"#;
        let task = match task {
            "apply" => {
                format!(r#"{{"phase":"apply","plan_file":{object},"lock_file":null,"errored_state":""}}"#)
            }
            _ => r#"{"phase":"plan","options":{"destroy":false,"refresh_only":false,"skip_refresh":false,
                "targets":[],"replaces":[],"generate_configuration":false},"uploads":{"plan_file":"","plan_json":"",
                "redacted_json":"","provider_schemas":""}}"#
                .to_owned(),
        };
        let text = format!(
            r#"{{"version":5,"id":"job-1","run_secret":"","lease_epoch":1,"lease_ms":1,"heartbeat_ms":1,"run_id":"","phase_id":"",
            "workspace":{{"id":"","name":"","organization":"","project":"","working_directory":""}},
            "engine":{{"kind":"{kind}","version":"{version}"}},"configuration":{{"id":"","archive":{object}}},
            "variables":[],"trace":false,"structured_output":false,"state":null,"task":{task},"timeout_ms":1500,"interrupt_grace_ms":1,"log_bytes_max":1,
            "log_offset":0}}"#
        );
        serde_json::from_str(&text).expect("a job")
    }

    fn tofu() -> Job {
        job("tofu", "1.12.6", "plan")
    }

    #[test]
    fn every_end_has_its_words() {
        use StepKind::{Init, Plan, Schemas, Show};
        let signal = Status::Signaled { signal: 9 };
        let cases = [
            (vec![(Init, OK), (Plan, OK), (Show, OK), (Schemas, OK)], "Finished"),
            (vec![(Init, OK), (Plan, OK), (Show, OK)], "tofu providers-schema did not run"),
            (vec![(Init, Status::Exited { code: 1 })], "tofu init failed with exit code 1"),
            (vec![(Init, OK), (Plan, signal), (Show, OK)], "tofu plan was ended by signal 9"),
            (vec![(Init, OK), (Plan, OK)], "tofu plan succeeded but wrote no plan file"),
            (
                vec![(Init, OK), (Plan, OK), (Show, Status::Exited { code: 2 })],
                "tofu show failed with exit code 2",
            ),
            (vec![], "tofu init did not run"),
        ];
        for (steps, expected) in cases {
            assert_eq!(reason(&judge(&exit(How::Done, &steps), None, &tofu())), expected);
        }
    }

    #[test]
    fn an_order_that_came_too_late_changes_nothing() {
        let asked = Some(Asked { stop: Stop::Interrupt, why: Why::Ordered });
        let steps =
            [(StepKind::Init, OK), (StepKind::Plan, OK), (StepKind::Show, OK), (StepKind::Schemas, OK)];
        assert_eq!(judge(&exit(How::Done, &steps), asked, &tofu()), Verdict::Finished);
        let failed = [(StepKind::Init, OK), (StepKind::Plan, Status::Exited { code: 1 })];
        assert_eq!(judge(&exit(How::Interrupted, &failed), asked, &tofu()), Verdict::Canceled);
    }

    #[test]
    fn an_old_engine_need_not_show() {
        let old = job("terraform", "0.11.15", "plan");
        let steps = [(StepKind::Init, OK), (StepKind::Plan, OK)];
        assert_eq!(judge(&exit(How::Done, &steps), None, &old), Verdict::Finished);
    }

    #[test]
    fn an_apply_that_was_cut_short_is_uncertain() {
        let apply = job("tofu", "1.12.6", "apply");
        let done = exit(How::Done, &[(StepKind::Init, OK), (StepKind::Apply, OK)]);
        assert_eq!(judge(&done, None, &apply), Verdict::Finished);
        assert!(!is_state_uncertain(&done));
        let failed = exit(How::Done, &[(StepKind::Init, OK), (StepKind::Apply, Status::Exited { code: 1 })]);
        assert_eq!(reason(&judge(&failed, None, &apply)), "tofu apply failed with exit code 1");
        assert!(!is_state_uncertain(&failed), "it has written what it knew");
        let signal = Status::Signaled { signal: 9 };
        assert!(is_state_uncertain(&exit(How::Done, &[(StepKind::Init, OK), (StepKind::Apply, signal)])));
        let ended = Exit { unended: Some(StepKind::Apply), ..exit(How::TimedOut, &[(StepKind::Init, OK)]) };
        assert_eq!(
            reason(&judge(&ended, None, &apply)),
            "the apply took longer than 2 seconds and was ended"
        );
        assert!(is_state_uncertain(&ended));
        assert!(!is_state_uncertain(&exit(How::Killed, &[])), "it was ended before the apply");
        let full = Exit { state_failure: Some("no space".to_owned()), ..failed };
        assert_eq!(reason(&judge(&full, None, &apply)), "tofu apply failed with exit code 1; no space");
        assert!(is_state_uncertain(&full));
    }
}
