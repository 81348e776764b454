//! An agent process: hello, claims, and the answers to its calls. Mirrors `crates/agent/src/agent.rs` and `heart.rs`.

use crate::host::Folder;
use crate::messages::{Answer, Call, From, Key, Report, Stop};
use crate::world::{Event, MILLI, SECOND, Tick, World};

const SLOTS: usize = 2;

/// What a call was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Hello,
    Claim,
    Beat(Key),
    Log(Key),
    State(Key),
    Start(Key),
    Report(Key),
}

/// A task's way through its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Preparing,
    /// May the apply be started? By this word, which is nowhere but here.
    Asking(u64),
    Following,
    /// What the phase has left is on its way.
    Concluding(Ended),
    Reporting(Report),
}

/// What a phase came to, before everything of it has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub outcome: crate::messages::Outcome,
    pub is_state_uncertain: bool,
}

/// A job in the hands of a process.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    pub key: Key,
    pub doing: Doing,
    /// The strongest order.
    pub heard: Option<Stop>,
    /// Log pieces the server has; `None` until that is known.
    pub log_sent: Option<usize>,
    pub is_log_on_its_way: bool,
    pub is_state_on_its_way: bool,
}

/// A process.
#[derive(Debug)]
pub struct Process {
    pub number: u32,
    is_welcome: bool,
    calls: Vec<(u32, Purpose)>,
    last_call: u32,
    pub tasks: Vec<Task>,
}

impl Process {
    pub fn task(&mut self, key: Key) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.key == key)
    }

    fn waits_for(&self, purpose: Purpose) -> bool {
        self.calls.iter().any(|(_, made)| *made == purpose)
    }
}

impl World {
    /// A new process on what the last one has left.
    pub fn boot_agent(&mut self, agent: usize) {
        let host = &mut self.hosts[agent];
        if host.process.is_some() {
            return;
        }
        host.processes += 1;
        // Of two leases of a job the older one is nobody's any more (`job/held.rs`).
        let held = host.holding();
        host.folders.retain(|folder| {
            let key = folder.key;
            !held.iter().any(|other| other.job == key.job && other.epoch > key.epoch)
        });
        let number = host.processes;
        let process =
            Process { number, is_welcome: false, calls: Vec::new(), last_call: 0, tasks: Vec::new() };
        host.process = Some(process);
        self.go_idle(agent);
    }

    /// Says hello, or asks for work when there is a free slot.
    pub fn go_idle(&mut self, agent: usize) {
        let host = &self.hosts[agent];
        let Some(process) = &host.process else { return };
        let number = process.number;
        if !process.is_welcome {
            if !process.waits_for(Purpose::Hello) {
                let call = Call::Hello { process: number, holding: host.holding() };
                self.call(agent, Purpose::Hello, call);
            }
        } else if process.tasks.len() < SLOTS && !process.waits_for(Purpose::Claim) {
            self.call(agent, Purpose::Claim, Call::Claim { process: number });
        }
    }

    pub fn call(&mut self, agent: usize, purpose: Purpose, call: Call) {
        let Some(process) = &mut self.hosts[agent].process else { return };
        process.last_call += 1;
        process.calls.push((process.last_call, purpose));
        let from = From { agent, process: process.number, call: process.last_call };
        self.send(from, call);
    }

    /// What an answer that got lost was for.
    pub fn note_lost_answer(&mut self, from: From) {
        let process = self.hosts[from.agent].process.as_ref().filter(|living| living.number == from.process);
        let calls = process.map(|process| process.calls.iter());
        let purpose = calls.and_then(|mut calls| calls.find(|(call, _)| *call == from.call));
        match purpose.map(|(_, purpose)| purpose) {
            Some(Purpose::Start(_)) => self.count.start_answer_lost += 1,
            Some(Purpose::Report(_)) => self.count.report_answer_lost += 1,
            _ => {}
        }
    }

    /// The answer to a call, or that there will be none. Only the first one counts.
    pub fn answered(&mut self, from: From, answer: Option<Answer>) {
        let agent = from.agent;
        let Some(process) = self.hosts[agent].process.as_mut() else { return };
        if process.number != from.process {
            return;
        }
        let Some(at) = process.calls.iter().position(|(call, _)| *call == from.call) else { return };
        let (_, purpose) = process.calls.swap_remove(at);
        match purpose {
            Purpose::Hello => self.welcomed(agent, answer),
            Purpose::Claim => self.claimed(agent, answer.as_ref()),
            Purpose::Beat(key) => self.beaten(agent, key, answer.as_ref()),
            Purpose::Log(key) => self.log_taken(agent, key, answer.as_ref()),
            Purpose::State(key) => self.state_taken(agent, key, answer.as_ref()),
            Purpose::Start(key) => self.start_allowed(agent, key, answer.as_ref()),
            Purpose::Report(key) => self.reported(agent, key, answer.as_ref()),
        }
    }

    fn welcomed(&mut self, agent: usize, answer: Option<Answer>) {
        let number = self.hosts[agent].processes;
        let Some(Answer::Welcome { lost }) = answer else {
            if answer == Some(Answer::Refused) {
                self.rules.broken(format!("process {number} of agent {agent}, the last one, is not welcome"));
            }
            return self.plan_within(100 * MILLI, 5 * SECOND, Event::Idle { agent, process: number });
        };
        let host = &mut self.hosts[agent];
        host.folders.retain(|folder| !lost.contains(&folder.key));
        let held = host.holding();
        if let Some(process) = &mut host.process {
            process.is_welcome = true;
        }
        for key in held {
            self.adopt(agent, key);
        }
        self.go_idle(agent);
    }

    fn claimed(&mut self, agent: usize, answer: Option<&Answer>) {
        let process = self.hosts[agent].processes;
        match answer {
            Some(&Answer::Job { key, log_offset }) => {
                let host = &mut self.hosts[agent];
                self.count.same_job_again +=
                    u64::from(host.folders.iter().any(|folder| folder.key.job == key.job));
                host.folders.push(Folder::new(key, log_offset));
                self.begin(agent, key, Doing::Preparing, Some(0));
                self.go_idle(agent);
            }
            Some(Answer::NoJob) => self.plan(100 * MILLI, Event::Idle { agent, process }),
            Some(_) => self.rules.broken(format!("process {process} of agent {agent} may not claim")),
            None => self.plan_within(100 * MILLI, 5 * SECOND, Event::Idle { agent, process }),
        }
    }

    /// The heart: it hears orders, and that the lease is another one's.
    fn beaten(&mut self, agent: usize, key: Key, answer: Option<&Answer>) {
        let Some(task) = self.hosts[agent].process.as_mut().and_then(|process| process.task(key)) else {
            return;
        };
        match answer {
            Some(Answer::Orders(stop)) => {
                if *stop > task.heard {
                    task.heard = *stop;
                    self.obey(agent, key);
                }
                self.later(agent, key, Tick::Beat, 200 * MILLI, 200 * MILLI);
            }
            Some(_) => self.abandon(agent, key),
            None => self.later(agent, key, Tick::Beat, 100 * MILLI, 5 * SECOND),
        }
    }
}
