//! The world: one clock, one queue of what comes next, a server, agents on their hosts, and the network between them.

use crate::counters::Counters;
use crate::dice::Dice;
use crate::faults::Rates;
use crate::host::Host;
use crate::messages::{Answer, Call, From, JobId, Key};
use crate::rules::Rules;
use crate::server::Server;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;
use terrane_server::platform::scheduler::lease::Patience;

/// Microseconds.
pub type Micros = i64;
pub const SECOND: Micros = 1_000_000;
pub const MILLI: Micros = 1000;

/// As in the product, but for the silence, which only makes a world longer.
pub const LEASE: Micros = 30 * SECOND;
pub const SILENCE: Micros = 60 * SECOND;
pub const HEARTBEAT: Micros = 10 * SECOND;
pub const SWEEP_PAUSE: Micros = 5 * SECOND;
/// Until then things break.
pub const CHAOS: Micros = 150 * SECOND;
/// When everything is whole again, everything comes to its end within this time.
pub const CALM: Micros = 400 * SECOND;
pub const PATIENCE: Patience = Patience { lease: Duration::from_secs(30), silence: Duration::from_secs(60) };

/// What may come next.
#[derive(Debug, Clone)]
pub enum Event {
    /// A call reaches the server.
    Arrives(From, Call),
    /// An answer reaches the agent.
    Answered(From, Answer),
    /// The agent gives up waiting for an answer, or hears that nobody listens.
    Failed(From),
    /// A task of an agent process goes on.
    Task {
        agent: usize,
        process: u32,
        key: Key,
        tick: Tick,
    },
    /// An agent process asks for work, or says hello again.
    Idle {
        agent: usize,
        process: u32,
    },
    /// A supervisor goes on.
    Supervisor {
        agent: usize,
        key: Key,
        id: u64,
    },
    /// Later steps of the server, of the boot that planned them.
    Server {
        boot: u32,
        step: ServerStep,
    },
    ServerUp,
    AgentUp {
        agent: usize,
    },
    Heal {
        agent: usize,
    },
    Fault,
    /// A person looks at a run.
    Person {
        run: usize,
    },
}

#[derive(Debug, Clone)]
pub enum Tick {
    Prepared,
    Beat,
    Log,
    State,
    /// The supervisor's end is seen.
    Look,
    Again,
}

#[derive(Debug, Clone)]
pub enum ServerStep {
    Sweep,
    ClaimDue(From),
    BeatDue(From),
    /// What a hello found that its agent does not have.
    Lose {
        job: JobId,
        epoch: i64,
    },
    Welcome {
        from: From,
        lost: Vec<Key>,
    },
}

/// When, in which order among those of the same time, and where the event lies: in one number, which is compared at
/// once.
fn queued(at: Micros, order: u64, place: usize) -> u128 {
    let place = u128::try_from(place).unwrap_or(0) & PLACE_MASK;
    u128::try_from(at).unwrap_or(0) << 64 | u128::from(order) << PLACE_BITS | place
}

/// There are never so many events at once, nor so many in a world that their order would need more.
const PLACE_BITS: u32 = 24;
const PLACE_MASK: u128 = (1 << PLACE_BITS) - 1;

pub struct World {
    pub now: Micros,
    pub dice: Dice,
    pub count: Counters,
    pub rates: Rates,
    pub server: Server,
    pub hosts: Vec<Host>,
    pub rules: Rules,
    /// Print every event.
    pub is_told: bool,
    queue: BinaryHeap<Reverse<u128>>,
    /// Apart from the queue, which moves what it holds.
    events: Vec<Option<Event>>,
    free: Vec<usize>,
    order: u64,
    fresh: u64,
}

impl World {
    pub fn new(seed: u64, is_told: bool) -> Self {
        let mut dice = Dice::new(seed);
        let agents = usize::try_from(dice.between(1, 3)).unwrap_or(1);
        let runs = usize::try_from(dice.between(1, 3)).unwrap_or(1);
        let rates = Rates::throw(&mut dice);
        let mut world = Self {
            now: 0,
            rates,
            server: Server::new(agents, runs, &mut dice),
            hosts: (0..agents).map(|_| Host::default()).collect(),
            rules: Rules::new(runs),
            dice,
            count: Counters::default(),
            is_told,
            queue: BinaryHeap::new(),
            events: Vec::new(),
            free: Vec::new(),
            order: 0,
            fresh: 0,
        };
        world.plan(0, Event::ServerUp);
        for agent in 0..agents {
            world.plan_within(100 * MILLI, 3 * SECOND, Event::AgentUp { agent });
        }
        for run in 0..runs {
            world.plan_within(0, 40 * SECOND, Event::Person { run });
        }
        world.plan_within(0, 20 * SECOND, Event::Fault);
        world
    }

    /// Runs to the end; the error says which rule was broken, and when.
    pub fn run(mut self) -> Result<Counters, String> {
        while let Some(Reverse(next)) = self.queue.pop() {
            let at = Micros::try_from(next >> 64).unwrap_or(Micros::MAX);
            let place = usize::try_from(next & PLACE_MASK).unwrap_or(usize::MAX);
            let Some(event) = self.events[place].take() else { continue };
            self.free.push(place);
            self.now = at;
            self.tell(&event);
            self.count.steps += 1;
            self.step(event);
            self.check().map_err(|rule| format!("at {:.6} s: {rule}", at as f64 / 1e6))?;
            if self.is_calm() && self.is_quiet() {
                self.count.applied = self.server.applied();
                return Ok(self.count);
            }
            if at > CHAOS + CALM {
                return Err(format!("something never comes to its end: {}", self.unfinished()));
            }
        }
        Err("nothing is left to happen".to_owned())
    }

    #[expect(clippy::print_stdout, reason = "for whoever throws a world again")]
    fn tell(&self, event: &Event) {
        if self.is_told {
            println!("{:9.3} {event:?}", self.now as f64 / 1e6);
        }
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Arrives(from, call) => self.arrive(from, call),
            Event::Answered(from, answer) => self.answered(from, Some(answer)),
            Event::Failed(from) => self.answered(from, None),
            Event::Task { agent, process, key, tick } if self.hosts[agent].runs(process) => {
                self.tick(agent, key, tick);
            }
            Event::Idle { agent, process } if self.hosts[agent].runs(process) => self.go_idle(agent),
            Event::Task { .. } | Event::Idle { .. } => {}
            Event::Supervisor { agent, key, id } => self.supervise(agent, key, id),
            Event::Server { boot, step } if self.server.is_boot(boot) => self.server_step(step),
            Event::Server { .. } => {}
            Event::ServerUp => self.boot_server(),
            Event::AgentUp { agent } => self.boot_agent(agent),
            Event::Heal { agent } => self.hosts[agent].is_cut_off = false,
            Event::Fault => self.break_something(),
            Event::Person { run } => self.person(run),
        }
    }

    pub fn is_calm(&self) -> bool {
        self.now >= CHAOS
    }

    /// Everything has come to its end, and nothing is left behind.
    fn is_quiet(&self) -> bool {
        self.server.is_done() && self.hosts.iter().all(Host::is_empty)
    }

    fn unfinished(&self) -> String {
        let folders: Vec<_> = self.hosts.iter().map(Host::holding).collect();
        format!("{:?}, folders {folders:?}", self.server.standing())
    }

    pub fn plan(&mut self, delay: Micros, event: Event) {
        self.order += 1;
        let place = self.free.pop().unwrap_or(self.events.len());
        match self.events.get_mut(place) {
            Some(free) => *free = Some(event),
            None => self.events.push(Some(event)),
        }
        self.queue.push(Reverse(queued(self.now + delay, self.order, place)));
    }

    pub fn plan_within(&mut self, least: Micros, most: Micros, event: Event) {
        let delay = self.dice.between(least, most);
        self.plan(delay, event);
    }

    /// A number nobody has had: a nonce, the name of a process, what a state or a log line says.
    pub fn fresh(&mut self) -> u64 {
        self.fresh += 1;
        self.fresh
    }
}
