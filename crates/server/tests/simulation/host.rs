//! An agent's host: what is on its disk, and what runs there beside the agent. Mirrors `crates/agent`:
//! `job/{folder,kept,process}.rs` and `supervisor/{supervise,watch}.rs`.

use crate::agent::Process;
use crate::messages::{Key, Report, Stop};
use crate::world::{Event, MILLI, Micros, SECOND, World};

/// How a phase ended, as its supervisor wrote it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    Failed,
    Interrupted,
    /// Nobody saw the engine's own end.
    Killed,
}

/// A supervisor process.
#[derive(Debug, Clone, Copy)]
pub struct Supervisor {
    pub id: u64,
    attempt: u64,
    pub stage: Stage,
    /// What waits in its pipe for orders.
    pub order: Option<Stop>,
}

/// How far a supervisor has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A process that has not looked at anything.
    Spawned,
    /// Its mark is on the disk.
    Marked,
    /// The engine was executed; so many steps are left.
    Running(u8),
}

/// The folder of a job.
#[derive(Debug, Clone)]
pub struct Folder {
    pub key: Key,
    /// Where its log begins on the server.
    pub log_offset: usize,
    /// `spec.json`, by its attempt.
    pub spec: Option<u64>,
    pub is_marked: bool,
    pub exit: Option<Exit>,
    pub log: Vec<u64>,
    pub states: Vec<u64>,
    /// States with a mark that the server has them.
    pub states_sent: usize,
    pub report: Option<Report>,
    pub supervisor: Option<Supervisor>,
    /// The engine's processes live.
    pub is_engine_alive: bool,
}

impl Folder {
    pub fn new(key: Key, log_offset: usize) -> Self {
        Self {
            key,
            log_offset,
            spec: None,
            is_marked: false,
            exit: None,
            log: Vec::new(),
            states: Vec::new(),
            states_sent: 0,
            report: None,
            supervisor: None,
            is_engine_alive: false,
        }
    }

    /// `Found::look` and `Folder::begin_again`: nothing was ever started, nor can it be any more.
    pub fn begin_again(&mut self) {
        self.spec = None;
        self.states.clear();
        self.states_sent = 0;
    }

    /// `process::end`.
    pub fn end_processes(&mut self) {
        self.supervisor = None;
        self.is_engine_alive = false;
    }

    pub fn is_supervised(&self) -> bool {
        // One that has not taken the lock yet is not seen.
        self.supervisor.is_some_and(|supervisor| supervisor.stage != Stage::Spawned)
    }
}

/// A host.
#[derive(Debug, Default)]
pub struct Host {
    pub is_cut_off: bool,
    pub process: Option<Process>,
    /// Counts the agent's processes; on the disk.
    pub processes: u32,
    pub folders: Vec<Folder>,
}

impl Host {
    pub fn runs(&self, process: u32) -> bool {
        self.process.as_ref().is_some_and(|living| living.number == process)
    }

    pub fn has(&self, key: Key) -> bool {
        self.folders.iter().any(|folder| folder.key == key)
    }

    pub fn folder(&mut self, key: Key) -> Option<&mut Folder> {
        self.folders.iter_mut().find(|folder| folder.key == key)
    }

    pub fn holding(&self) -> Vec<Key> {
        self.folders.iter().map(|folder| folder.key).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }

    /// The phase is over, and what is left of it is on its way.
    pub fn is_uploading(&self, key: Key) -> bool {
        let folder = self.folders.iter().find(|folder| folder.key == key);
        folder.is_some_and(|folder| folder.exit.is_some() && self.process.is_some())
    }
}

impl World {
    /// Starts a supervisor for the attempt the folder is prepared for.
    pub fn spawn(&mut self, agent: usize, key: Key) {
        let id = self.fresh();
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let Some(attempt) = folder.spec else { return };
        if folder.supervisor.is_some_and(|other| other.stage != Stage::Spawned) {
            // It cannot have the lock.
            return;
        }
        folder.supervisor = Some(Supervisor { id, attempt, stage: Stage::Spawned, order: None });
        self.plan_within(MILLI, SECOND, Event::Supervisor { agent, key, id });
    }

    /// The next step of a supervisor: lock and mark, then the engine, then one thing after the other.
    pub fn supervise(&mut self, agent: usize, key: Key, id: u64) {
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let Some(supervisor) = folder.supervisor.filter(|supervisor| supervisor.id == id) else { return };
        match supervisor.stage {
            Stage::Spawned => self.admit(agent, key, supervisor),
            Stage::Marked => self.execute(agent, key, id),
            Stage::Running(left) => self.work(agent, key, supervisor, left),
        }
    }

    fn admit(&mut self, agent: usize, key: Key, supervisor: Supervisor) {
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        if folder.spec != Some(supervisor.attempt) || folder.is_marked {
            folder.supervisor = None;
            self.count.late_supervisor_refused += 1;
            return self.tell_agent(agent, key);
        }
        folder.is_marked = true;
        self.move_on(agent, key, Stage::Marked);
        self.plan_within(MILLI, SECOND, Event::Supervisor { agent, key, id: supervisor.id });
    }

    fn execute(&mut self, agent: usize, key: Key, id: u64) {
        let steps = u8::try_from(self.dice.between(1, 8)).unwrap_or(1);
        self.move_on(agent, key, Stage::Running(steps));
        if let Some(folder) = self.hosts[agent].folder(key) {
            folder.is_engine_alive = true;
        }
        self.count.plans_run += u64::from(!key.job.is_apply());
        self.count.applies_run += u64::from(key.job.is_apply());
        self.rules.note_executed(key, self.server.runs[key.job.run].started);
        self.plan_within(100 * MILLI, 6 * SECOND, Event::Supervisor { agent, key, id });
    }

    fn work(&mut self, agent: usize, key: Key, supervisor: Supervisor, left: u8) {
        let (line, state) = (self.fresh(), self.fresh());
        let fails = self.dice.permille(80);
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let is_killed = supervisor.order == Some(Stop::Kill) || !folder.is_engine_alive;
        if !is_killed {
            folder.log.push(line);
            if key.job.is_apply() {
                // Fsynced before the engine hears that it is kept.
                folder.states.push(state);
            }
        }
        let exit = match supervisor.order {
            _ if is_killed => Exit::Killed,
            Some(_) => Exit::Interrupted,
            None if left > 1 => {
                self.move_on(agent, key, Stage::Running(left - 1));
                let id = supervisor.id;
                return self.plan_within(100 * MILLI, 6 * SECOND, Event::Supervisor { agent, key, id });
            }
            None if fails => Exit::Failed,
            None => Exit::Done,
        };
        folder.exit = Some(exit);
        folder.end_processes();
        self.tell_agent(agent, key);
    }

    fn move_on(&mut self, agent: usize, key: Key, stage: Stage) {
        let supervisor = self.hosts[agent].folder(key).and_then(|folder| folder.supervisor.as_mut());
        if let Some(supervisor) = supervisor {
            supervisor.stage = stage;
        }
    }

    /// The agent sees the end of a supervisor, when there is an agent.
    pub fn tell_agent(&mut self, agent: usize, key: Key) {
        self.later(agent, key, crate::world::Tick::Look, MILLI, 20 * MILLI);
    }

    /// A step of a task of the living process.
    pub fn later(&mut self, agent: usize, key: Key, tick: crate::world::Tick, least: Micros, most: Micros) {
        if let Some(process) = self.hosts[agent].process.as_ref().map(|process| process.number) {
            self.plan_within(least, most, Event::Task { agent, process, key, tick });
        }
    }
}
