//! Wake-ups by topic: who waits subscribes first and looks second, so that no wake-up is lost.

use crate::ids::JobId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The topics somebody waits for.
type Topics = Arc<Mutex<HashMap<String, watch::Sender<()>>>>;

/// The topics of this process.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    topics: Topics,
}

/// A subscription to one topic. The last one takes the topic with it: a server reads many logs in its life.
#[derive(Debug)]
pub struct Waiting {
    receiver: watch::Receiver<()>,
    topic: String,
    topics: Topics,
}

impl Waiting {
    /// Returns at the next wake-up after the subscription or after the last return.
    pub async fn woken(&mut self) {
        // The sender lives as long as there is a receiver.
        let _ = self.receiver.changed().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        // The receiver of this one still counts.
        if topics.get(&self.topic).is_some_and(|sender| sender.receiver_count() <= 1) {
            topics.remove(&self.topic);
        }
    }
}

impl Wake {
    /// Without any topic.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for jobs to claim.
    pub fn jobs(&self) -> Waiting {
        self.subscribe("jobs")
    }

    /// A job can be claimed.
    pub fn wake_jobs(&self) {
        self.touch("jobs");
    }

    /// Waits for orders to one job.
    pub fn job(&self, id: &JobId) -> Waiting {
        self.subscribe(id.as_str())
    }

    /// There are orders for a job.
    pub fn wake_job(&self, id: &JobId) {
        self.touch(id.as_str());
    }

    /// Waits for news of one plan or apply, by its id: log bytes or a new status.
    pub fn log(&self, phase_id: &str) -> Waiting {
        self.subscribe(phase_id)
    }

    /// There is news of a plan or an apply.
    pub fn wake_log(&self, phase_id: &str) {
        self.touch(phase_id);
    }

    fn subscribe(&self, topic: &str) -> Waiting {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = topics.entry(topic.to_owned()).or_insert_with(|| watch::Sender::new(()));
        Waiting { receiver: sender.subscribe(), topic: topic.to_owned(), topics: self.topics.clone() }
    }

    fn touch(&self, topic: &str) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(topic) {
            sender.send_replace(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wake_up_between_subscribing_and_waiting_is_not_lost() {
        let wake = Wake::new();
        let mut waiting = wake.jobs();
        wake.wake_jobs();
        waiting.woken().await;
    }

    #[test]
    fn topics_nobody_waits_for_are_forgotten() {
        let wake = Wake::new();
        let (one, other) = (wake.log("plan-1"), wake.log("plan-1"));
        drop(one);
        assert_eq!(wake.topics.lock().unwrap().len(), 1, "somebody still waits");
        drop(other);
        wake.wake_log("plan-1");
        assert!(wake.topics.lock().unwrap().is_empty());
    }
}
