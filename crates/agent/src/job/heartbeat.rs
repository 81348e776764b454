//! Keeps the lease and hears orders, apart from everything that could be busy.

use std::time::{Duration, Instant};

use terrane_wire::{Heartbeat, Job, Stop};

use super::ending::{Ending, Why};
use crate::client::{Backoff, Connection};

const WAIT_MAX: Duration = Duration::from_secs(5);
/// A server that answers at once is not asked again at once.
const PAUSE: Duration = Duration::from_millis(200);

/// Runs until the lease is lost or the task is ended.
pub(super) async fn heartbeat(connection: Connection, job_id: String, lease: Lease, ending: Ending) {
    let mut heard: Option<Stop> = None;
    let mut backoff = Backoff::new();
    loop {
        let asked_at = Instant::now();
        let beat = Heartbeat { lease_epoch: lease.epoch, heard, wait_ms: lease.wait_ms };
        match connection.heartbeat(&job_id, &beat).await {
            Ok(orders) => {
                backoff = Backoff::new();
                if orders.stop > heard {
                    heard = orders.stop;
                    if let Some(stop) = heard {
                        tracing::info!(job = job_id, ?stop, "the server orders a job to end");
                        ending.ask(stop, Why::Ordered);
                    }
                } else if asked_at.elapsed() < PAUSE {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            Err(error) if error.is_lost() => {
                tracing::warn!(job = job_id, %error, "a job is no longer this agent's");
                ending.ask(Stop::Kill, Why::LeaseLost);
                return;
            }
            Err(error) => {
                tracing::warn!(job = job_id, %error, "failed to renew a lease, trying again");
                backoff.wait().await;
            }
        }
    }
}

/// What is renewed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    epoch: i64,
    wait_ms: u64,
}

impl Lease {
    pub(super) fn of(job: &Job) -> Self {
        let longest_ms = u64::try_from(WAIT_MAX.as_millis()).unwrap_or(u64::MAX);
        Self { epoch: job.lease_epoch, wait_ms: longest_ms.min(job.lease_ms / 6) }
    }
}
