//! The calls about a job, and hello, as `agents/http.rs`, `agents/{hello,report,states}.rs` and `applies/start.rs` take
//! them.

use crate::endings;
use crate::messages::{Answer, Call, From, Key, Report, Stop};
use crate::server::{Committed, HeldBeat};
use crate::table::{Appended, Run, State};
use crate::world::{HEARTBEAT, MILLI, PATIENCE, ServerStep, World};
use terrane_server::applies::model::ApplyStatus;
use terrane_server::platform::scheduler::Phase;
use terrane_server::platform::scheduler::lease::Heard;
use terrane_server::runs::model::RunStatus;

impl World {
    /// What is left of a hello first: what the agent has not. Only then is the new process the agent's: so a repeat of a
    /// hello finds nothing to take away.
    pub fn hello(&mut self, from: From, process: u32, holding: &[Key]) {
        let known = self.server.processes[from.agent];
        if process < known {
            self.count.hello_of_an_earlier_process += 1;
            return self.answer(from, Answer::Refused);
        }
        let mut lost = Vec::new();
        for key in holding {
            if !self.server.is_up() {
                return self.tell_failed(from);
            }
            if !self.still_has(from.agent, *key) {
                lost.push(*key);
            }
        }
        if process == known {
            self.count.hello_repeated += 1;
        } else {
            for run in 0..self.server.runs.len() {
                let job = self.server.runs[run].job.as_ref();
                let job = job.filter(|job| self.server.is_its(from.agent, job));
                let job = job.filter(|job| job.lease.given_up_at.is_none());
                if let Some(key) = job.map(crate::table::Job::key).filter(|key| !holding.contains(key)) {
                    let delay = self.dice.between(MILLI, 20 * MILLI);
                    self.server_later(delay, ServerStep::Lose { job: key.job, epoch: key.epoch });
                }
            }
        }
        self.server_later(20 * MILLI, ServerStep::Welcome { from, lost });
    }

    pub fn welcome(&mut self, from: From, lost: Vec<Key>) {
        let known = &mut self.server.processes[from.agent];
        if *known > from.process {
            return self.answer(from, Answer::Refused);
        }
        *known = from.process;
        self.answer(from, Answer::Welcome { lost });
    }

    fn still_has(&mut self, agent: usize, key: Key) -> bool {
        let now = self.server_now();
        let mut run = self.server.runs[key.job.run].clone();
        let Some(job) = run.job.as_mut().filter(|job| job.id == key.job) else { return false };
        if !self.server.is_its(agent, job) {
            return false;
        }
        match job.lease.hear(key.epoch, now, PATIENCE) {
            Heard::Refused => false,
            heard => {
                self.note_heard(heard);
                self.commit(run) == Committed::Yes
            }
        }
    }

    fn note_heard(&mut self, heard: Heard) {
        match heard {
            Heard::Renewed { is_back } => self.count.came_back += u64::from(is_back),
            Heard::GivenUp => self.count.heard_given_up += 1,
            Heard::Refused => {}
        }
    }

    /// A call that names a job and a lease of it.
    pub fn arrive_of_job(&mut self, from: From, call: &Call) {
        let Some(key) = call.key() else { return };
        let run = self.server.runs[key.job.run].clone();
        let Some(job) = run.job.as_ref().filter(|job| job.id == key.job) else {
            // Taken before, as far as a report is concerned.
            let is_report = matches!(call, Call::Report { .. });
            self.count.report_repeated += u64::from(is_report);
            return self.answer(from, if is_report { Answer::Done } else { Answer::Refused });
        };
        let is_stale = job.lease.epoch > key.epoch;
        let answer = match call {
            Call::Beat { heard, .. } => self.beat(from, run, key, *heard),
            Call::Log { offset, piece, .. } => self.log(run, key, *offset, *piece),
            Call::Start { nonce, .. } => self.start(run, key, *nonce),
            Call::State { sequence, value, .. } => self.keep(run, key, *sequence, *value),
            Call::Report { report, .. } => self.report(run, key, *report),
            Call::Hello { .. } | Call::Claim { .. } => None,
        };
        if is_stale {
            self.count.stale_epoch_refused += 1;
            self.count.stale_report_refused += u64::from(matches!(call, Call::Report { .. }));
            self.count.stale_start_refused += u64::from(matches!(call, Call::Start { .. }));
            self.rules.note_stale(key, answer.as_ref());
        }
        match answer {
            Some(answer) => self.answer(from, answer),
            None if !self.server.is_up() => {
                match call {
                    Call::Start { .. } => self.count.start_answer_lost += 1,
                    Call::Report { .. } => self.count.report_answer_lost += 1,
                    _ => {}
                }
                self.tell_failed(from);
            }
            None => {}
        }
    }

    fn heard(&mut self, run: &mut Run, key: Key) -> Option<Heard> {
        let now = self.server_now();
        let heard = run.job.as_mut().map(|job| job.lease.hear(key.epoch, now, PATIENCE));
        let heard = heard.filter(|heard| *heard != Heard::Refused)?;
        self.note_heard(heard);
        Some(heard)
    }

    fn beat(&mut self, from: From, mut run: Run, key: Key, heard: Option<Stop>) -> Option<Answer> {
        let Some(word) = self.heard(&mut run, key) else { return Some(Answer::Refused) };
        let stop = run.job.as_ref().and_then(|job| job.stop);
        let stop = if word == Heard::GivenUp { stop.max(Some(Stop::Interrupt)) } else { stop };
        if self.commit(run) == Committed::Crashed {
            return None;
        }
        if stop > heard {
            return Some(Answer::Orders(stop));
        }
        self.server.held_beats.push(HeldBeat { from, job: key.job, heard });
        self.server_later(HEARTBEAT, ServerStep::BeatDue(from));
        None
    }

    fn log(&mut self, mut run: Run, key: Key, offset: usize, piece: Option<u64>) -> Option<Answer> {
        match self.heard(&mut run, key) {
            None => return Some(Answer::Refused),
            Some(Heard::GivenUp) => return Some(Answer::Log { next: offset + usize::from(piece.is_some()) }),
            Some(_) => {}
        }
        let next = match piece {
            None => run.log(key.job.phase).len(),
            Some(piece) => {
                let (next, appended) = run.append(key.job.phase, offset, piece);
                match appended {
                    Appended::New => {}
                    Appended::Known => self.count.duplicate_chunk += 1,
                    Appended::Gap => self.rules.broken(format!("{key:?}: a piece of the log is missing")),
                }
                next
            }
        };
        (self.commit(run) == Committed::Yes).then_some(Answer::Log { next })
    }

    fn start(&mut self, mut run: Run, key: Key, nonce: u64) -> Option<Answer> {
        let job = run.job.as_mut()?;
        let is_current = job.lease.given_up_at.is_none() && job.lease.epoch == key.epoch;
        if is_current && run.started == Some((nonce, key.epoch)) {
            self.count.start_repeated += 1;
            return Some(Answer::Done);
        }
        if !job.lease.start(key.epoch) {
            self.count.second_start_refused += u64::from(job.lease.is_started);
            return Some(Answer::Refused);
        }
        let is_marked = run.started.is_none()
            && run.advance_apply(ApplyStatus::Queued, ApplyStatus::Running)
            && run.advance(RunStatus::ApplyQueued, RunStatus::Applying);
        if !is_marked {
            return Some(Answer::Refused);
        }
        run.started = Some((nonce, key.epoch));
        (self.commit(run) == Committed::Yes).then_some(Answer::Done)
    }

    fn keep(&mut self, mut run: Run, key: Key, sequence: usize, value: u64) -> Option<Answer> {
        let job = run.job.as_ref()?;
        if job.lease.agent.is_none() || job.lease.epoch != key.epoch || !job.lease.is_started {
            return Some(Answer::Refused);
        }
        self.count.late_state += u64::from(job.lease.given_up_at.is_some());
        if run.states.iter().any(|state| state.sequence == sequence) {
            self.count.duplicate_state += 1;
            return Some(Answer::Done);
        }
        run.states.push(State { sequence, value });
        (self.commit(run) == Committed::Yes).then_some(Answer::Done)
    }

    fn report(&mut self, mut run: Run, key: Key, report: Report) -> Option<Answer> {
        let job = run.job.as_ref()?;
        if job.lease.agent.is_none() || job.lease.epoch != key.epoch {
            return Some(Answer::Refused);
        }
        if key.job.phase == Phase::Apply && job.lease.given_up_at.is_some() {
            self.count.late_report += 1;
            run.job = None;
            return (self.commit(run) == Committed::Yes).then_some(Answer::Done);
        }
        if report.log_end > run.log(key.job.phase).len() {
            return Some(Answer::Refused);
        }
        let folder = self.hosts.iter().flat_map(|host| &host.folders).find(|folder| folder.key == key);
        if folder.is_some_and(|folder| run.log(key.job.phase).get(folder.log_offset..) != Some(&folder.log)) {
            self.rules.broken(format!("{key:?}: the log is not what the engine printed"));
        }
        match key.job.phase {
            Phase::Plan => endings::end_plan(&mut run, report.outcome),
            Phase::Apply => endings::end_apply(&mut run, report.outcome, report.is_state_uncertain),
        }
        (self.commit(run) == Committed::Yes).then_some(Answer::Done)
    }
}
