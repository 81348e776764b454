//! What breaks, and how often: each world throws rates of its own, so that some are only slow and some only crash.

use crate::dice::Dice;
use crate::host::Stage;
use crate::messages::Key;
use crate::world::{Event, MILLI, SECOND, World};

/// Chances in a thousand.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// A message is lost.
    pub lost: u64,
    /// It comes twice.
    pub twice: u64,
    /// It comes late.
    pub late: u64,
    /// The server dies before or after a commit.
    pub crash: u64,
    /// A person cancels at a look.
    pub cancel: u64,
}

impl Rates {
    pub fn throw(dice: &mut Dice) -> Self {
        let mut rate = |choices: &[u64]| dice.pick(choices).unwrap_or_default();
        Self {
            lost: rate(&[0, 5, 50, 200]),
            twice: rate(&[0, 20, 150]),
            late: rate(&[0, 10, 80]),
            crash: rate(&[0, 2, 15]),
            cancel: rate(&[0, 0, 30, 150]),
        }
    }
}

impl World {
    /// Something breaks; at the end of the time for that, everything is made whole.
    pub fn break_something(&mut self) {
        if self.is_calm() {
            return;
        }
        let agent = usize::try_from(self.dice.below(self.hosts.len() as u64)).unwrap_or(0);
        match self.dice.below(8) {
            0 => {
                self.count.server_kills += u64::from(self.server.is_up());
                self.kill_server();
            }
            1 => self.kill_agent(agent),
            2 => self.kill_supervisor(agent),
            3 => self.kill_engine(agent),
            4 => self.lose_host(agent),
            5 => self.cut_off(agent),
            6 => self.step_clock(),
            // Everybody's agent at once, as when a machine with all of them is restarted.
            _ => (0..self.hosts.len()).for_each(|agent| self.kill_agent(agent)),
        }
        self.plan_within(100 * MILLI, 30 * SECOND, Event::Fault);
    }

    fn kill_agent(&mut self, agent: usize) {
        if self.hosts[agent].process.take().is_none() {
            return;
        }
        self.count.agent_kills += 1;
        let most = if self.dice.permille(200) { 60 * SECOND } else { 3 * SECOND };
        self.plan_within(10 * MILLI, most, Event::AgentUp { agent });
    }

    fn any_folder(&mut self, agent: usize) -> Option<Key> {
        let keys = self.hosts[agent].holding();
        self.dice.pick(&keys)
    }

    fn kill_supervisor(&mut self, agent: usize) {
        let Some(key) = self.any_folder(agent) else { return };
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        let Some(supervisor) = folder.supervisor.take() else { return };
        self.count.supervisor_kills += 1;
        self.count.supervisor_killed_between_mark_and_exec += u64::from(supervisor.stage == Stage::Marked);
        self.tell_agent(agent, key);
    }

    fn kill_engine(&mut self, agent: usize) {
        let Some(key) = self.any_folder(agent) else { return };
        let Some(folder) = self.hosts[agent].folder(key) else { return };
        self.count.engine_kills += u64::from(folder.is_engine_alive);
        folder.is_engine_alive = false;
    }

    /// Power is cut: nothing runs any more. What was not synced may be lost, and sometimes the disk with it.
    fn lose_host(&mut self, agent: usize) {
        self.count.host_kills += 1;
        let (is_disk_lost, is_mark_lost) = (self.dice.permille(200), self.dice.permille(500));
        for folder in &mut self.hosts[agent].folders {
            let run = &self.server.runs[folder.key.job.run];
            let is_started = run.started.is_some() && folder.key.job.is_apply();
            let is_executed =
                matches!(folder.supervisor, Some(one) if matches!(one.stage, Stage::Running(_)));
            self.count.host_lost_between_start_and_exec +=
                u64::from(is_started && !is_executed && folder.exit.is_none());
            folder.end_processes();
            if !folder.key.job.is_apply() && is_mark_lost && folder.exit.is_none() {
                folder.is_marked = false;
            }
        }
        if is_disk_lost {
            self.hosts[agent].folders.clear();
        }
        self.hosts[agent].process = None;
        self.plan_within(SECOND, 90 * SECOND, Event::AgentUp { agent });
    }

    fn cut_off(&mut self, agent: usize) {
        self.count.partitions += 1;
        self.hosts[agent].is_cut_off = true;
        let most = if self.dice.permille(300) { 130 * SECOND } else { 20 * SECOND };
        self.plan_within(SECOND, most, Event::Heal { agent });
    }

    /// The server's clock is set.
    fn step_clock(&mut self) {
        let step = self.dice.between(-40, 120) * SECOND;
        self.count.clock_forward += u64::from(step > 0);
        self.count.clock_back += u64::from(step < 0);
        self.server.clock_off += step;
        self.rules.note_clock_step(step);
    }
}
