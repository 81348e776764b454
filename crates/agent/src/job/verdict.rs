//! How a phase ended, in words.

use terrane_wire::{Engine, EngineKind, Outcome};

use super::ending::{Asked, Why};
use crate::supervisor::record::{Exit, How, Status, StepEnd};
use crate::supervisor::spec::StepKind;

/// How a phase ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The plan was made and shown.
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
        Some(Why::AgentStopped) => Verdict::errored("the server was stopped while the plan ran"),
        Some(Why::LeaseLost) => Verdict::errored("the job was given to another agent"),
    }
}

/// What the supervisor's record makes of a phase.
pub(crate) fn judge(exit: &Exit, asked: Option<Asked>, engine: &Engine, timeout_ms: u64) -> Verdict {
    match &exit.how {
        How::Broken { reason } => Verdict::errored(reason),
        How::TimedOut => {
            let seconds = timeout_ms.div_ceil(1000);
            Verdict::errored(format!("the plan took longer than {seconds} seconds and was ended"))
        }
        How::Interrupted | How::Killed => of_early_end(asked),
        How::Done if asked.is_some_and(|asked| asked.why == Why::LogTooLong) => of_early_end(asked),
        How::Done => of_steps(&exit.steps, engine),
    }
}

fn of_steps(steps: &[StepEnd], engine: &Engine) -> Verdict {
    let expected: &[StepKind] = if engine.has_json_plans() {
        &[StepKind::Init, StepKind::Plan, StepKind::Show]
    } else {
        &[StepKind::Init, StepKind::Plan]
    };
    let engine = engine.kind;
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
    Failure {
        reason,
        is_told: matches!(status, Status::Exited { code: 1 }) && kind != StepKind::Show,
        output_of: (kind != StepKind::Plan).then_some(kind),
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
        Exit { version: SPEC_VERSION, how, steps: steps.collect() }
    }

    fn reason(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Errored(failure) => failure.reason.clone(),
            other => format!("{other:?}"),
        }
    }

    const OK: Status = Status::Exited { code: 0 };

    fn tofu() -> Engine {
        Engine { kind: EngineKind::Tofu, version: "1.12.6".to_owned() }
    }

    #[test]
    fn every_end_has_its_words() {
        use StepKind::{Init, Plan, Show};
        let signal = Status::Signaled { signal: 9 };
        let cases = [
            (vec![(Init, OK), (Plan, OK), (Show, OK)], "Finished"),
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
            assert_eq!(reason(&judge(&exit(How::Done, &steps), None, &tofu(), 0)), expected);
        }
    }

    #[test]
    fn an_order_that_came_too_late_changes_nothing() {
        let asked = Some(Asked { stop: Stop::Interrupt, why: Why::Ordered });
        let steps = [(StepKind::Init, OK), (StepKind::Plan, OK), (StepKind::Show, OK)];
        assert_eq!(judge(&exit(How::Done, &steps), asked, &tofu(), 0), Verdict::Finished);
        let failed = [(StepKind::Init, OK), (StepKind::Plan, Status::Exited { code: 1 })];
        assert_eq!(judge(&exit(How::Interrupted, &failed), asked, &tofu(), 0), Verdict::Canceled);
    }

    #[test]
    fn an_old_engine_need_not_show() {
        let old = Engine { kind: EngineKind::Terraform, version: "0.11.15".to_owned() };
        let steps = [(StepKind::Init, OK), (StepKind::Plan, OK)];
        assert_eq!(judge(&exit(How::Done, &steps), None, &old, 0), Verdict::Finished);
    }
}
