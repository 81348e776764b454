//! Finding and ending processes by `/proc`.

use std::{fs, io};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, wait};
use serde::{Deserialize, Serialize};

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    /// Its number.
    pub(crate) pid: i32,
    /// When it started, in the kernel's ticks since boot.
    pub(crate) start_ticks: u64,
}

impl ProcessId {
    /// The process that has this number now.
    pub(crate) fn of(pid: Pid) -> Option<Self> {
        let pid = pid.as_raw_nonzero().get();
        Some(Self { pid, start_ticks: Stat::read(pid)?.start_ticks })
    }

    /// Whether it still runs (a zombie does not).
    pub(crate) fn is_running(self) -> bool {
        Stat::read(self.pid).is_some_and(|stat| stat.start_ticks == self.start_ticks && !stat.is_zombie)
    }

    /// Ends it at once, if it still runs.
    pub(crate) fn kill(self) {
        if let (true, Some(pid)) = (self.is_running(), Pid::from_raw(self.pid)) {
            // It may end in between; there is nothing to do then.
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Ends its process group at once, if its leader still runs.
    pub(crate) fn kill_group(self) {
        if let (true, Some(pid)) = (self.is_running(), Pid::from_raw(self.pid)) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// The processes of a phase, for an agent that finds its folder after a crash.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Processes {
    /// The supervisor.
    pub(crate) supervisor: Option<ProcessId>,
    /// The sandbox: process 1 of its pid namespace, where there is one.
    pub(crate) sandbox: Option<ProcessId>,
    /// The engine's process group, where there is no pid namespace.
    pub(crate) engine: Option<ProcessId>,
}

/// Kills and reaps every child of this process until there is none. This process must be a subreaper, so
/// that orphans of its children become its own.
pub(crate) fn end_all_children() -> io::Result<()> {
    let own_pid = rustix::process::getpid().as_raw_nonzero().get();
    loop {
        for pid in children_of(own_pid)? {
            if let Some(pid) = Pid::from_raw(pid) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        // Blocks until one of the killed is gone; then there may be orphans of it.
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CHILD) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn children_of(parent: i32) -> io::Result<Vec<i32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if Stat::read(pid).is_some_and(|stat| stat.parent == parent) {
            children.push(pid);
        }
    }
    Ok(children)
}

struct Stat {
    is_zombie: bool,
    parent: i32,
    start_ticks: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The second field is the program's name in parentheses, which may itself hold anything.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Some(Self {
            is_zombie: matches!(*fields.first()?, "Z" | "X"),
            parent: fields.get(1)?.parse().ok()?,
            start_ticks: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ProcessId, Stat};

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let tail = "S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 9";
        let stat = Stat::parse(&format!("12 (a) Z 1 (b) {tail}")).expect("parses");
        assert_eq!((stat.parent, stat.start_ticks, stat.is_zombie), (7, 4242, false));
    }

    #[test]
    fn another_start_time_is_another_process() {
        let own = ProcessId::of(rustix::process::getpid()).expect("this process runs");
        assert!(own.is_running());
        assert!(!ProcessId { start_ticks: own.start_ticks + 1, ..own }.is_running());
    }
}
