//! Victims, steps, and what each pair may come to.

use terrane_testkit::Database;

/// Which process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    Server,
    Agent,
    Supervisor,
    Engine,
    Database,
    /// Agent, supervisor and engine together; their disk is kept.
    Host,
}

pub const VICTIMS: [Victim; 6] =
    [Victim::Server, Victim::Agent, Victim::Supervisor, Victim::Engine, Victim::Database, Victim::Host];

/// When it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Claim,
    /// Fetching, and the engine's `init`.
    Init,
    Planning,
    Uploading,
    Confirm,
    /// From the answer to the confirmation to the engine's first instructions.
    Start,
    MidApply,
    /// The engine is done and its last state is on its way.
    Exited,
    Report,
    /// A cancel was just answered, in mid-apply.
    Cancel,
}

pub const STEPS: [Step; 10] = [
    Step::Claim,
    Step::Init,
    Step::Planning,
    Step::Uploading,
    Step::Confirm,
    Step::Start,
    Step::MidApply,
    Step::Exited,
    Step::Report,
    Step::Cancel,
];

impl Step {
    /// The apply has been confirmed by then.
    pub fn is_of_apply(self) -> bool {
        matches!(self, Self::Start | Self::MidApply | Self::Exited | Self::Report | Self::Cancel)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Fake,
    Real,
}

/// Where the agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agents {
    /// A process of its own.
    Apart,
    /// In the server's process.
    Embedded,
}

/// How a run may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Applied,
    /// By the user's cancel, with its state current.
    Canceled,
    /// With a reason, its workspace free.
    Errored,
    /// What the engine did is unknown: lock kept, state recovered.
    Uncertain,
}

/// One victim in one step.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub victim: Victim,
    pub step: Step,
    pub engine: Engine,
    pub database: Database,
    pub agents: Agents,
    /// At the default times.
    pub is_patient: bool,
}

impl Cell {
    /// Whether there is such a process in this step, and another outcome to be seen than in other cells.
    pub fn makes_sense(&self) -> bool {
        let is_there = match self.victim {
            Victim::Server | Victim::Agent | Victim::Host => true,
            Victim::Database => self.database == Database::Postgres,
            Victim::Supervisor | Victim::Engine => {
                matches!(self.step, Step::Init | Step::Planning | Step::Start | Step::MidApply | Step::Cancel)
            }
        };
        // A real engine is the same as a fake one where it does not run.
        let is_told_apart = self.engine == Engine::Fake
            || matches!(self.step, Step::Start | Step::MidApply | Step::Exited | Step::Cancel);
        let has_agent =
            self.step != Step::Confirm || matches!(self.victim, Victim::Server | Victim::Database);
        is_there && is_told_apart && has_agent
    }

    /// What the matrix allows.
    pub fn allowed(&self) -> &'static [End] {
        match (self.victim, self.step) {
            (Victim::Server | Victim::Database | Victim::Agent, Step::Cancel) => &[End::Canceled],
            // Noted as started on the server and not on the disk: it could never be started.
            (Victim::Agent, Step::Start) | (Victim::Server, Step::Start) if self.may_lose_start() => {
                &[End::Applied, End::Errored]
            }
            (Victim::Server | Victim::Database | Victim::Agent, _) => &[End::Applied],
            // A plan is tried once more.
            (Victim::Supervisor | Victim::Host, step) if !step.is_of_apply() => &[End::Applied],
            (Victim::Supervisor, Step::Cancel) => &[End::Uncertain, End::Canceled],
            (Victim::Supervisor, _) => &[End::Uncertain],
            (Victim::Engine, step) if !step.is_of_apply() => &[End::Errored],
            (Victim::Engine, Step::Cancel) => &[End::Uncertain, End::Canceled],
            (Victim::Engine, _) => &[End::Uncertain],
            (Victim::Host, Step::Start) => &[End::Applied, End::Errored, End::Uncertain],
            (Victim::Host, Step::Exited) => &[End::Applied, End::Uncertain],
            (Victim::Host, Step::Cancel) => &[End::Canceled, End::Uncertain],
            (Victim::Host, Step::Report) => &[End::Applied],
            (Victim::Host, _) => &[End::Uncertain],
        }
    }

    /// Whether the engine stays held after the kill: an order that was acknowledged must reach it, and it ends by that.
    pub fn ends_by_order(&self) -> bool {
        self.step == Step::Cancel && matches!(self.victim, Victim::Server | Victim::Database | Victim::Agent)
    }

    /// An agent dies between the two notes of a start, alone or with the server that it is a part of.
    fn may_lose_start(&self) -> bool {
        self.victim == Victim::Agent || self.agents == Agents::Embedded
    }

    /// For people.
    pub fn name(&self) -> String {
        format!("{:?} x {:?}", self.step, self.victim)
    }
}
