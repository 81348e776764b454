//! One job in the hands of an agent process. Mirrors `crates/agent/src/job`: `drive.rs`, `begin.rs`, `states.rs`,
//! `report.rs`, and `log/upload.rs`.

use crate::agent::{Doing, Ended, Purpose, Task};
use crate::host::{Exit, Stage};
use crate::messages::{Answer, Call, Key, Outcome, Report, Stop};
use crate::world::{Event, MILLI, SECOND, Tick, World};

impl World {
    /// A task, with its heart and its two senders.
    pub fn begin(&mut self, agent: usize, key: Key, doing: Doing, log_sent: Option<usize>) {
        let Some(process) = &mut self.hosts[agent].process else { return };
        process.tasks.push(Task {
            key,
            doing,
            heard: None,
            log_sent,
            is_log_on_its_way: false,
            is_state_on_its_way: false,
        });
        if doing == Doing::Preparing {
            self.later(agent, key, Tick::Prepared, 50 * MILLI, 3 * SECOND);
        }
        self.beat_again(agent, key);
        self.later(agent, key, Tick::Log, MILLI, 50 * MILLI);
    }

    /// `Run::whole` and `Run::phase` of a job that an earlier process had.
    pub fn adopt(&mut self, agent: usize, key: Key) {
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let (is_supervised, exit) = (folder.is_supervised(), folder.exit);
        if let Some(report) = folder.report {
            self.count.kept_report_sent += 1;
            self.begin(agent, key, Doing::Reporting(report), None);
            return self.send_report(agent, key);
        }
        if is_supervised {
            self.count.supervisor_adopted += 1;
            let stage = folder.supervisor.map(|supervisor| supervisor.stage);
            self.count.restart_between_mark_and_exec += u64::from(stage == Some(Stage::Marked));
            return self.begin(agent, key, Doing::Following, None);
        }
        if exit.is_some() || folder.is_marked {
            folder.end_processes();
            self.begin(agent, key, Doing::Following, None);
            return self.conclude(agent, key);
        }
        folder.begin_again();
        let started = self.server.runs[key.job.run].started;
        self.count.restart_between_start_and_mark += u64::from(started.is_some() && key.job.is_apply());
        self.begin(agent, key, Doing::Preparing, None);
    }

    pub fn tick(&mut self, agent: usize, key: Key, tick: Tick) {
        let Some(task) = self.hosts[agent].process.as_mut().and_then(|process| process.task(key)) else {
            return;
        };
        match (tick, task.doing) {
            (Tick::Prepared, Doing::Preparing) => self.prepared(agent, key),
            (Tick::Again, Doing::Asking(nonce)) => {
                self.call(agent, Purpose::Start(key), Call::Start { key, nonce });
            }
            (Tick::Again, Doing::Reporting(_)) => self.send_report(agent, key),
            (Tick::Look, Doing::Following) => self.look(agent, key),
            (Tick::Beat, _) => self.beat_again(agent, key),
            (Tick::Log, _) => self.send_log(agent, key),
            (Tick::State, _) => self.send_state(agent, key),
            (Tick::Prepared | Tick::Again | Tick::Look, _) => {}
        }
    }

    fn beat_again(&mut self, agent: usize, key: Key) {
        let task = self.hosts[agent].process.as_mut().and_then(|process| process.task(key));
        let Some(heard) = task.map(|task| task.heard) else { return };
        self.call(agent, Purpose::Beat(key), Call::Beat { key, heard });
    }

    fn set(&mut self, agent: usize, key: Key, doing: Doing) {
        if let Some(task) = self.hosts[agent].process.as_mut().and_then(|process| process.task(key)) {
            task.doing = doing;
        }
    }

    fn task(&self, agent: usize, key: Key) -> Option<Task> {
        let process = self.hosts[agent].process.as_ref()?;
        process.tasks.iter().find(|task| task.key == key).copied()
    }

    /// Everything is ready: the apply's start is asked for, the plan is started.
    fn prepared(&mut self, agent: usize, key: Key) {
        let (attempt, nonce) = (self.fresh(), self.fresh());
        if let Some(folder) = self.hosts[agent].folder(key) {
            folder.spec = Some(attempt);
        }
        if key.job.is_apply() {
            self.set(agent, key, Doing::Asking(nonce));
            self.call(agent, Purpose::Start(key), Call::Start { key, nonce });
        } else {
            self.set(agent, key, Doing::Following);
            self.spawn(agent, key);
        }
    }

    pub fn start_allowed(&mut self, agent: usize, key: Key, answer: Option<&Answer>) {
        let Some(Doing::Asking(_)) = self.task(agent, key).map(|task| task.doing) else { return };
        match answer {
            Some(Answer::Done) => {
                self.set(agent, key, Doing::Following);
                self.spawn(agent, key);
            }
            Some(_) => self.not_started(agent, key, Outcome::Errored),
            None => self.later(agent, key, Tick::Again, 100 * MILLI, 5 * SECOND),
        }
    }

    /// Nothing of the engine was executed, nor will be.
    fn not_started(&mut self, agent: usize, key: Key, outcome: Outcome) {
        self.set(agent, key, Doing::Concluding(Ended { outcome, is_state_uncertain: false }));
        self.go_on(agent, key);
    }

    /// An order: to the supervisor, when there is one.
    pub fn obey(&mut self, agent: usize, key: Key) {
        let Some(task) = self.task(agent, key) else { return };
        match task.doing {
            Doing::Preparing | Doing::Asking(_) => self.not_started(agent, key, Outcome::Canceled),
            Doing::Following => {
                let folder = self.hosts[agent].folder(key);
                if let Some(supervisor) = folder.and_then(|folder| folder.supervisor.as_mut()) {
                    supervisor.order = supervisor.order.max(task.heard);
                }
            }
            Doing::Concluding(_) | Doing::Reporting(_) => {}
        }
    }

    /// The supervisor has ended, or is gone.
    fn look(&mut self, agent: usize, key: Key) {
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        if folder.supervisor.is_none() {
            folder.end_processes();
            self.conclude(agent, key);
        }
    }

    fn conclude(&mut self, agent: usize, key: Key) {
        let Some(task) = self.task(agent, key) else { return };
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let (outcome, is_state_uncertain) = match folder.exit {
            None => (Outcome::Errored, true),
            Some(Exit::Done) => (Outcome::Finished, false),
            Some(Exit::Failed) => (Outcome::Errored, false),
            Some(Exit::Interrupted) => (Outcome::Canceled, false),
            Some(Exit::Killed) if task.heard == Some(Stop::Kill) => (Outcome::Canceled, true),
            Some(Exit::Killed) => (Outcome::Errored, true),
        };
        self.set(agent, key, Doing::Concluding(Ended { outcome, is_state_uncertain }));
        self.go_on(agent, key);
    }

    /// Reports when everything has arrived.
    fn go_on(&mut self, agent: usize, key: Key) {
        let Some(task) = self.task(agent, key) else { return };
        let Doing::Concluding(Ended { outcome, is_state_uncertain }) = task.doing else { return };
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let log = folder.log.len();
        if task.log_sent.is_none_or(|sent| sent < log) {
            return self.later(agent, key, Tick::Log, 0, MILLI);
        }
        if folder.states_sent < folder.states.len() {
            return self.later(agent, key, Tick::State, 0, MILLI);
        }
        let report = Report { outcome, log_end: folder.log_offset + log, is_state_uncertain };
        folder.report = Some(report);
        self.set(agent, key, Doing::Reporting(report));
        self.send_report(agent, key);
    }

    fn send_report(&mut self, agent: usize, key: Key) {
        let Some(Doing::Reporting(report)) = self.task(agent, key).map(|task| task.doing) else { return };
        self.call(agent, Purpose::Report(key), Call::Report { key, report });
    }

    pub fn reported(&mut self, agent: usize, key: Key, answer: Option<&Answer>) {
        match answer {
            Some(_) => self.abandon(agent, key),
            None => self.later(agent, key, Tick::Again, 100 * MILLI, 5 * SECOND),
        }
    }

    /// Ends what runs and removes the folder.
    pub fn abandon(&mut self, agent: usize, key: Key) {
        let host = &mut self.hosts[agent];
        host.folders.retain(|folder| folder.key != key);
        let Some(process) = &mut host.process else { return };
        process.tasks.retain(|task| task.key != key);
        let process = process.number;
        self.plan(MILLI, Event::Idle { agent, process });
    }

    fn send_log(&mut self, agent: usize, key: Key) {
        let Some(task) = self.task(agent, key).filter(|task| !task.is_log_on_its_way) else { return };
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let call = match task.log_sent {
            None => Call::Log { key, offset: folder.log_offset, piece: None },
            Some(sent) => {
                let (offset, piece) = (folder.log_offset + sent, folder.log.get(sent).copied());
                if piece.is_none() {
                    let is_over = matches!(task.doing, Doing::Concluding(_) | Doing::Reporting(_));
                    if !is_over {
                        self.later(agent, key, Tick::Log, 500 * MILLI, SECOND);
                    }
                    return;
                }
                Call::Log { key, offset, piece }
            }
        };
        self.mark(agent, key, |task| task.is_log_on_its_way = true);
        self.call(agent, Purpose::Log(key), call);
        self.later(agent, key, Tick::State, 0, MILLI);
    }

    pub fn log_taken(&mut self, agent: usize, key: Key, answer: Option<&Answer>) {
        self.mark(agent, key, |task| task.is_log_on_its_way = false);
        match answer {
            Some(Answer::Log { next }) => {
                let Some(folder) = self.hosts[agent].folder(key) else { return };
                let sent = next.saturating_sub(folder.log_offset);
                if sent > folder.log.len() {
                    self.rules.broken(format!("{key:?}: the server has a longer log than was written"));
                }
                self.mark(agent, key, |task| task.log_sent = Some(sent));
                self.later(agent, key, Tick::Log, MILLI, 50 * MILLI);
                self.go_on(agent, key);
            }
            // The heart hears it, too; whoever is first removes the job.
            Some(_) => self.abandon(agent, key),
            None => self.later(agent, key, Tick::Log, 100 * MILLI, 5 * SECOND),
        }
    }

    fn send_state(&mut self, agent: usize, key: Key) {
        let Some(task) = self.task(agent, key).filter(|task| !task.is_state_on_its_way) else { return };
        if matches!(task.doing, Doing::Reporting(_)) {
            return;
        }
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let Some(value) = folder.states.get(folder.states_sent).copied() else { return };
        let sequence = folder.states_sent + 1;
        self.mark(agent, key, |task| task.is_state_on_its_way = true);
        self.call(agent, Purpose::State(key), Call::State { key, sequence, value });
    }

    pub fn state_taken(&mut self, agent: usize, key: Key, answer: Option<&Answer>) {
        self.mark(agent, key, |task| task.is_state_on_its_way = false);
        match answer {
            Some(Answer::Done) => {
                let Some(folder) = self.hosts[agent].folder(key) else { return };
                folder.states_sent += 1;
                let sequence = folder.states_sent;
                let value = folder.states.get(sequence - 1).copied().unwrap_or_default();
                self.rules.note_acknowledged(key.job.run, sequence, value);
                self.later(agent, key, Tick::State, 0, MILLI);
                self.go_on(agent, key);
            }
            Some(_) => self.abandon(agent, key),
            None => self.later(agent, key, Tick::State, 100 * MILLI, 5 * SECOND),
        }
    }

    fn mark(&mut self, agent: usize, key: Key, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.hosts[agent].process.as_mut().and_then(|process| process.task(key)) {
            change(task);
        }
    }
}
