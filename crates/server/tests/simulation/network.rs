//! The network: calls and answers come late, twice, in another order, or not at all.

use crate::messages::{Answer, Call, From};
use crate::world::{Event, MILLI, Micros, SECOND, World};

/// A call of which nothing is heard is given up after this time.
const CALL_LIMIT: Micros = 20 * SECOND;

impl World {
    /// An agent calls; the answer, or that there is none, comes as an event.
    pub fn send(&mut self, from: From, call: Call) {
        // A held call may take as long as the server holds it.
        let held = match call {
            Call::Claim { .. } => crate::server::CLAIM_HELD,
            Call::Beat { .. } => crate::world::HEARTBEAT,
            _ => 0,
        };
        self.plan(held + CALL_LIMIT, Event::Failed(from));
        if !self.is_through(from.agent) {
            self.tell_failed(from);
            return;
        }
        if !self.is_calm() && self.dice.permille(self.rates.twice) {
            let delay = self.delay();
            self.plan(delay, Event::Arrives(from, call.clone()));
        }
        let delay = self.delay();
        self.plan(delay, Event::Arrives(from, call));
    }

    pub fn answer(&mut self, from: From, answer: Answer) {
        if !self.is_through(from.agent) {
            match answer {
                Answer::Job { .. } => self.count.claim_answer_lost += 1,
                Answer::Welcome { .. } | Answer::NoJob | Answer::Orders(_) | Answer::Log { .. } => {}
                Answer::Done | Answer::Refused => self.note_lost_answer(from),
            }
            self.tell_failed(from);
            return;
        }
        if !self.is_calm() && self.dice.permille(self.rates.twice) {
            let delay = self.delay();
            self.plan(delay, Event::Answered(from, answer.clone()));
        }
        let delay = self.delay();
        self.plan(delay, Event::Answered(from, answer));
    }

    /// A connection that breaks is sometimes noticed at once, and sometimes only by the time it takes.
    pub fn tell_failed(&mut self, from: From) {
        if self.dice.permille(600) {
            self.plan_within(MILLI, 50 * MILLI, Event::Failed(from));
        }
    }

    fn is_through(&mut self, agent: usize) -> bool {
        !self.hosts[agent].is_cut_off && (self.is_calm() || !self.dice.permille(self.rates.lost))
    }

    fn delay(&mut self) -> Micros {
        if !self.is_calm() && self.dice.permille(self.rates.late) {
            self.dice.between(SECOND, 45 * SECOND)
        } else {
            self.dice.between(MILLI, 40 * MILLI)
        }
    }
}
