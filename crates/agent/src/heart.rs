//! The thread that renews leases: nothing else of the agent, and no busy engine, can keep it waiting.

use std::{
    io,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use terrane_wire::{Heartbeat, Job, Stop};
use tokio::runtime::{Builder, Handle};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::AbortOnDropHandle,
};

use crate::{
    client::{Backoff, Connection},
    job::{Ending, Why},
};

/// A server that answers at once is not asked again at once.
const PAUSE: Duration = Duration::from_millis(200);
/// The least and the most that a heartbeat may take over the time the server holds it.
const LATE: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(10)];

/// The thread. Ends with its owner.
#[derive(Debug)]
pub(crate) struct Heart {
    runtime: Handle,
    connection: Connection,
    _end: DropGuard,
}

impl Heart {
    /// Starts the thread. The connection should be its own.
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let end = CancellationToken::new();
        let ended = end.clone();
        let (ready, is_ready) = mpsc::channel();
        thread::Builder::new().name("heart".into()).spawn(move || {
            let _ = ready.send(());
            runtime.block_on(ended.cancelled());
        })?;
        is_ready.recv().map_err(io::Error::other)?;
        Ok(Self { runtime: handle, connection, _end: end.drop_guard() })
    }

    /// Renews a job's lease and hears its orders until the answer is dropped or the lease is lost.
    pub(crate) fn beat(&self, job: &Job, ending: Ending) -> AbortOnDropHandle<()> {
        let beat = beat(self.connection.clone(), job.id.clone(), Lease::of(job), ending);
        AbortOnDropHandle::new(self.runtime.spawn(beat))
    }
}

/// What is renewed.
#[derive(Debug, Clone, Copy)]
struct Lease {
    epoch: i64,
    wait_ms: u64,
    late: Duration,
}

impl Lease {
    fn of(job: &Job) -> Self {
        let late = Duration::from_millis(job.lease_ms / 3).clamp(LATE[0], LATE[1]);
        Self { epoch: job.lease_epoch, wait_ms: job.heartbeat_ms, late }
    }
}

async fn beat(connection: Connection, job_id: String, lease: Lease, ending: Ending) {
    let mut heard: Option<Stop> = None;
    // Never longer than a heartbeat: a server that is back is told at once that the job goes on.
    let new_backoff = || Backoff::up_to(Duration::from_millis(lease.wait_ms.max(100)));
    let mut backoff = new_backoff();
    loop {
        let asked_at = Instant::now();
        let beat = Heartbeat { lease_epoch: lease.epoch, heard, wait_ms: lease.wait_ms };
        match connection.heartbeat(&job_id, &beat, lease.late).await {
            Ok(orders) => {
                backoff = new_backoff();
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
                tracing::debug!(job = job_id, %error, "a lease is not renewed any more");
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
