//! Wake-ups by topic: who waits subscribes first and looks second, so that no wake-up is lost.

use crate::ids::JobId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The topics of this process.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    topics: Arc<Mutex<HashMap<String, watch::Sender<()>>>>,
}

/// A subscription to one topic.
#[derive(Debug)]
pub struct Waiting(watch::Receiver<()>);

impl Waiting {
    /// Returns at the next wake-up after the subscription or after the last return.
    pub async fn woken(&mut self) {
        // The sender lives as long as there is a receiver.
        let _ = self.0.changed().await;
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
        Waiting(sender.subscribe())
    }

    fn touch(&self, topic: &str) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(topic) {
            if sender.receiver_count() == 0 {
                topics.remove(topic);
            } else {
                sender.send_replace(());
            }
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

    #[tokio::test]
    async fn topics_nobody_waits_for_are_forgotten() {
        let wake = Wake::new();
        drop(wake.log("plan-1"));
        drop(wake.log("plan-2"));
        wake.wake_log("plan-2");
        assert_eq!(wake.topics.lock().unwrap().len(), 1);
    }
}
