//! Compression and encryption on blocking threads, at most one per core at a time, so that a hundred downloads do not
//! starve the threads that serve requests.

use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, spawn_blocking};

/// The right to compute, shared by all readers and writers of a store.
#[derive(Clone, Debug)]
pub(crate) struct Cpu(Arc<Semaphore>);

/// One share of the right.
pub(crate) struct Permit(OwnedSemaphorePermit);

impl Cpu {
    /// As many permits as cores.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))))
    }

    /// Waits for a share. Taking it before the state moves into the work keeps callers safe to cancel.
    pub(crate) async fn permit(&self) -> Permit {
        Permit(Arc::clone(&self.0).acquire_owned().await.expect("the semaphore is never closed"))
    }
}

impl Permit {
    /// Starts work that holds the share until it ends.
    pub(crate) fn spawn<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        spawn_blocking(move || {
            let result = work();
            drop(self.0);
            result
        })
    }
}
