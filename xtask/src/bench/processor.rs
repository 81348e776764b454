//! Who runs on which processor.

use anyhow::{Result, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Who measures and the database have the other ones.
const SERVER_CPU: usize = 0;

/// On the server's processor, or on all others.
pub(super) fn on_cpu<T>(is_server: bool, act: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = sched_getaffinity(None)?;
    let mut wanted = CpuSet::new();
    for cpu in (0..CpuSet::MAX_CPU).filter(|cpu| before.is_set(*cpu) && (*cpu == SERVER_CPU) == is_server) {
        wanted.set(cpu);
    }
    if wanted.count() == 0 {
        bail!("this takes two processors: one for the server, one for who asks");
    }
    sched_setaffinity(None, &wanted)?;
    let done = act();
    sched_setaffinity(None, &before)?;
    done
}
