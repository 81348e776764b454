//! Who wants a job to end early, and why.

use terrane_wire::Stop;
use tokio::sync::watch;

/// Why a job is to end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The server's order, for a user.
    Ordered,
    /// The log is longer than it may be.
    LogTooLong,
    /// The job is no longer this agent's: nobody wants a report.
    LeaseLost,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// How.
    pub(crate) stop: Stop,
    /// The first reason, except that a lost lease beats every other.
    pub(crate) why: Why,
}

impl Asked {
    fn and(self, later: Self) -> Self {
        let why = if later.why == Why::LeaseLost { later.why } else { self.why };
        Self { stop: self.stop.max(later.stop), why }
    }
}

/// Shared by everyone who may ask.
#[derive(Debug, Clone)]
pub(crate) struct Ending(watch::Sender<Option<Asked>>);

impl Ending {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Asks for an end; a weaker wish than an earlier one changes nothing.
    pub(crate) fn ask(&self, stop: Stop, why: Why) {
        self.0.send_if_modified(|asked| {
            let wish = Asked { stop, why };
            let joined = asked.map_or(wish, |earlier| earlier.and(wish));
            asked.replace(joined) != Some(joined)
        });
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Option<Asked> {
        *self.0.borrow()
    }

    /// Hears of every change from now on, and of what was asked before.
    pub(crate) fn listen(&self) -> watch::Receiver<Option<Asked>> {
        let mut receiver = self.0.subscribe();
        receiver.mark_changed();
        receiver
    }

    /// Returns when something satisfies the condition.
    pub(crate) async fn wait(&self, condition: impl Fn(Asked) -> bool) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = receiver.wait_for(|asked| asked.is_some_and(&condition)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Ending, Stop, Why};

    #[test]
    fn the_strongest_wish_and_the_first_reason_count() {
        let ending = Ending::new();
        ending.ask(Stop::Interrupt, Why::Ordered);
        ending.ask(Stop::Kill, Why::LogTooLong);
        ending.ask(Stop::Interrupt, Why::LogTooLong);
        assert_eq!(ending.asked(), Some(Asked { stop: Stop::Kill, why: Why::Ordered }));
        ending.ask(Stop::Kill, Why::LeaseLost);
        assert_eq!(ending.asked(), Some(Asked { stop: Stop::Kill, why: Why::LeaseLost }));
    }
}
