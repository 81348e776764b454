//! The server: what it has in memory, and its transactions, any of which may be its last.

use crate::dice::Dice;
use crate::endings;
use crate::messages::{Answer, Call, From, JobId, Stop};
use crate::table::Run;
use crate::world::{Event, MILLI, Micros, PATIENCE, SECOND, SWEEP_PAUSE, ServerStep, World};
use terrane_server::clock::Time;
use terrane_server::ids::AgentId;
use terrane_server::platform::scheduler::Phase;
use terrane_server::platform::scheduler::lease::Fate;
use terrane_server::runs::model::{RunStatus, is_force_cancelable};

/// How long a claim is held.
pub const CLAIM_HELD: Micros = 20 * SECOND;
/// After a cancel, how long until it may be forced.
const FORCE_AFTER: Micros = 10 * SECOND;

/// A heartbeat that waits for orders.
#[derive(Debug, Clone, Copy)]
pub struct HeldBeat {
    pub from: From,
    pub job: JobId,
    pub heard: Option<Stop>,
}

/// The server and its database.
#[derive(Debug)]
pub struct Server {
    pub runs: Vec<Run>,
    /// The last process of each agent that said hello; in the database.
    pub processes: Vec<u32>,
    ids: Vec<AgentId>,
    /// How far its clock is off.
    pub clock_off: Micros,
    is_up: bool,
    boot: u32,
    pub held_claims: Vec<From>,
    pub held_beats: Vec<HeldBeat>,
}

/// How a transaction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It did, and the server lives.
    Yes,
    /// It may have, and the server is gone: nobody is answered.
    Crashed,
}

impl Server {
    pub fn new(agents: usize, runs: usize, dice: &mut Dice) -> Self {
        Self {
            runs: (0..runs).map(|run| Run::new(run, dice.permille(150), dice.permille(700))).collect(),
            processes: vec![0; agents],
            ids: (0..agents).map(|agent| AgentId::from(format!("agent-{agent}"))).collect(),
            clock_off: 0,
            is_up: false,
            boot: 0,
            held_claims: Vec::new(),
            held_beats: Vec::new(),
        }
    }

    pub fn is_boot(&self, boot: u32) -> bool {
        self.is_up && self.boot == boot
    }

    pub fn is_up(&self) -> bool {
        self.is_up
    }

    pub fn is_its(&self, agent: usize, job: &crate::table::Job) -> bool {
        job.lease.agent.as_ref() == self.ids.get(agent)
    }

    pub fn is_done(&self) -> bool {
        self.runs.iter().all(|run| run.status.is_final())
    }

    pub fn applied(&self) -> u64 {
        self.runs.iter().filter(|run| run.status == RunStatus::Applied).count() as u64
    }

    /// Where everything stands, for a message.
    pub fn standing(&self) -> Vec<String> {
        self.runs.iter().map(|run| format!("{:?} {:?}", run.status, run.job)).collect()
    }
}

impl World {
    /// The server's clock.
    pub fn server_now(&self) -> Time {
        Time(self.now + self.server.clock_off)
    }

    pub fn boot_server(&mut self) {
        if !self.server.is_up {
            self.server.is_up = true;
            self.server.boot += 1;
            self.server_later(SWEEP_PAUSE, ServerStep::Sweep);
        }
    }

    pub fn kill_server(&mut self) {
        if !self.server.is_up {
            return;
        }
        self.server.is_up = false;
        let claims = std::mem::take(&mut self.server.held_claims);
        let beats = std::mem::take(&mut self.server.held_beats);
        for from in claims.into_iter().chain(beats.into_iter().map(|beat| beat.from)) {
            self.tell_failed(from);
        }
        let most = if self.dice.permille(200) { 60 * SECOND } else { 5 * SECOND };
        self.plan_within(100 * MILLI, most, Event::ServerUp);
    }

    pub fn server_later(&mut self, delay: Micros, step: ServerStep) {
        let boot = self.server.boot;
        self.plan(delay, Event::Server { boot, step });
    }

    /// Writes a run back, unless the server dies before, or just after.
    pub fn commit(&mut self, run: Run) -> Committed {
        let is_safe = self.is_calm();
        if !is_safe && self.dice.permille(self.rates.crash) {
            self.count.crash_before_commit += 1;
            self.kill_server();
            return Committed::Crashed;
        }
        let number = run.number;
        self.rules.note_commit(&self.server.runs[number], &run, self.now);
        self.server.runs[number] = run;
        if !is_safe && self.dice.permille(self.rates.crash) {
            self.count.crash_after_commit += 1;
            self.kill_server();
            return Committed::Crashed;
        }
        self.wake(number);
        Committed::Yes
    }

    /// What the wake-ups after a commit do: orders to held heartbeats, jobs to held claims.
    fn wake(&mut self, number: usize) {
        let run = &self.server.runs[number];
        let stop = run.job.as_ref().and_then(|job| job.stop);
        let is_gone = run.job.is_none();
        let (woken, held): (Vec<_>, Vec<_>) = std::mem::take(&mut self.server.held_beats)
            .into_iter()
            .partition(|beat| beat.job.run == number && (is_gone || stop > beat.heard));
        self.server.held_beats = held;
        for beat in woken {
            let answer = if is_gone { Answer::Refused } else { Answer::Orders(stop) };
            self.answer(beat.from, answer);
        }
        while self.server.is_up && self.next_job().is_some() {
            let Some(from) = self.server.held_claims.pop() else { return };
            self.take(from);
        }
    }

    /// `scheduler::store::next`: applies before plans.
    fn next_job(&self) -> Option<usize> {
        let waiting = |phase: Phase| {
            self.server.runs.iter().position(|run| {
                run.job.as_ref().is_some_and(|job| job.id.phase == phase && job.lease.is_waiting())
            })
        };
        waiting(Phase::Apply).or_else(|| waiting(Phase::Plan))
    }

    /// `agents::claim::claim`.
    pub fn claim(&mut self, from: From, process: u32) {
        if self.server.processes[from.agent] != process {
            return self.answer(from, Answer::Refused);
        }
        if self.next_job().is_some() {
            return self.take(from);
        }
        self.server.held_claims.push(from);
        self.server_later(CLAIM_HELD, ServerStep::ClaimDue(from));
    }

    /// `agents::claim::take`: the lease and, for a plan, its start, in one transaction.
    fn take(&mut self, from: From) {
        let Some(number) = self.next_job() else { return self.answer(from, Answer::NoJob) };
        let (now, agent) = (self.server_now(), self.server.ids[from.agent].clone());
        let mut run = self.server.runs[number].clone();
        let Some(job) = run.job.as_mut() else { return };
        if !job.lease.grant(agent, now, PATIENCE) {
            return self.answer(from, Answer::NoJob);
        }
        let key = job.key();
        let is_plan = key.job.phase == Phase::Plan;
        if is_plan {
            use terrane_server::plans::model::PlanStatus;
            run.advance_plan(PlanStatus::Queued, PlanStatus::Running);
            run.advance(RunStatus::PlanQueued, RunStatus::Planning);
        }
        let log_offset = run.log(key.job.phase).len();
        match self.commit(run) {
            Committed::Yes => self.answer(from, Answer::Job { key, log_offset }),
            Committed::Crashed => {
                self.count.claim_answer_lost += 1;
                self.tell_failed(from);
            }
        }
    }

    /// `scheduler::lose`: looks again with the row held.
    pub fn lose(&mut self, id: JobId, not_held: Option<i64>) {
        let now = self.server_now();
        let mut run = self.server.runs[id.run].clone();
        let Some(job) = run.job.as_mut().filter(|job| job.id == id) else { return };
        let (phase, is_started, key) = (id.phase, job.lease.is_started, job.key());
        let fate = match not_held {
            None => job.lease.miss(now, PATIENCE),
            Some(epoch) => {
                self.count.not_held_but_granted_again += u64::from(job.lease.epoch != epoch);
                job.lease.forsake(epoch, now)
            }
        };
        if fate == Fate::Unchanged {
            return;
        }
        self.count.not_held += u64::from(not_held.is_some());
        match (fate, phase) {
            (Fate::Requeued, Phase::Plan) => self.count.plan_requeued += 1,
            (Fate::Requeued, Phase::Apply) => self.count.apply_requeued += 1,
            (Fate::Lost, Phase::Plan) => self.count.plan_lost += 1,
            (Fate::Lost, Phase::Apply) => self.count.apply_lost += 1,
            (Fate::Uncertain, _) => self.count.apply_uncertain += 1,
            (Fate::Silent | Fate::Unchanged, _) => {}
        }
        if not_held.is_some() && self.hosts.iter().any(|host| host.has(key)) {
            self.rules.broken(format!("{key:?} was taken from an agent that has it"));
        }
        if not_held.is_none() && self.hosts.iter().any(|host| host.is_uploading(key)) {
            self.count.lease_expired_in_upload += 1;
        }
        endings::lose(&mut run, phase, is_started, fate);
        self.commit(run);
    }

    pub fn server_step(&mut self, step: ServerStep) {
        match step {
            ServerStep::Sweep => {
                for number in 0..self.server.runs.len() {
                    let job = self.server.runs[number].job.as_ref().map(|job| job.id);
                    if let Some(id) = job.filter(|_| self.server.is_up) {
                        self.lose(id, None);
                    }
                }
                self.server_later(SWEEP_PAUSE, ServerStep::Sweep);
            }
            ServerStep::ClaimDue(from) => {
                if let Some(at) = self.server.held_claims.iter().position(|held| *held == from) {
                    self.server.held_claims.swap_remove(at);
                    self.answer(from, Answer::NoJob);
                }
            }
            ServerStep::BeatDue(from) => {
                if let Some(at) = self.server.held_beats.iter().position(|held| held.from == from) {
                    let beat = self.server.held_beats.swap_remove(at);
                    let job = self.server.runs[beat.job.run].job.as_ref().filter(|job| job.id == beat.job);
                    let answer = job.map_or(Answer::Refused, |job| Answer::Orders(job.stop));
                    self.answer(from, answer);
                }
            }
            ServerStep::Lose { job, epoch } => self.lose(job, Some(epoch)),
            ServerStep::Welcome { from, lost } => self.welcome(from, lost),
        }
    }

    /// A person confirms, discards, cancels, or forces it.
    pub fn person(&mut self, number: usize) {
        let again = if self.is_calm() { 5 * SECOND } else { 30 * SECOND };
        self.plan_within(2 * SECOND, again, Event::Person { run: number });
        if !self.server.is_up {
            return;
        }
        let now = self.server_now();
        let mut run = self.server.runs[number].clone();
        let wants_cancel = !self.is_calm() && self.dice.permille(self.rates.cancel);
        if run.status == RunStatus::Planned {
            if wants_cancel {
                run.give_up_apply();
                run.advance(RunStatus::Planned, RunStatus::Discarded);
                run.release();
            } else {
                run.queue_apply();
            }
        } else if is_force_cancelable(run.status, run.force_at.map(Time), now) && self.dice.permille(500) {
            self.count.force_canceled += u64::from(endings::force_cancel(&mut run, now.0));
        } else if wants_cancel && endings::cancel(&mut run, now.0, FORCE_AFTER) {
            self.count.canceled += 1;
        } else {
            return;
        }
        self.commit(run);
    }

    /// A call reaches the server, or what is left of it.
    pub fn arrive(&mut self, from: From, call: Call) {
        if !self.server.is_up {
            return self.tell_failed(from);
        }
        match call {
            Call::Hello { process, holding } => self.hello(from, process, &holding),
            Call::Claim { process } => self.claim(from, process),
            call => self.arrive_of_job(from, &call),
        }
    }
}
