//! The supervisor's loop: orders, deadlines, what the sandbox tells.

use std::{
    io,
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Child, ChildStdin, ChildStdout},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};

use super::{
    processes::{ProcessId, Processes},
    record::{Exit, How, StepEnd, Tell},
    spec::{SPEC_VERSION, Spec, StepKind},
    supervise::write_processes,
};
use crate::{job::Folder, sandbox::Group};

/// What the loop works on.
pub(super) struct Watch<'a> {
    pub(super) folder: &'a Folder,
    pub(super) spec: &'a Spec,
    pub(super) control: &'a OwnedFd,
    pub(super) sandbox: &'a mut Child,
    pub(super) processes: Processes,
    pub(super) has_pid_namespace: bool,
}

/// Returns when the sandbox, and with a pid namespace everything in it, is gone.
pub(super) fn watch(watch: Watch<'_>) -> io::Result<Exit> {
    let Watch { folder, spec, control, sandbox, mut processes, has_pid_namespace } = watch;
    let pidfd = pidfd_open(Pid::from_child(sandbox), PidfdFlags::empty())?;
    let lost = || io::Error::other("the sandbox was started without its pipes");
    let (stdin, stdout) = (sandbox.stdin.take().ok_or_else(lost)?, sandbox.stdout.take().ok_or_else(lost)?);
    let mut tells = Tells::new(stdout)?;
    let mut ladder = Ladder::new(spec, stdin);
    let mut is_over = false;
    while !is_over {
        let mut fds = [
            PollFd::new(control, PollFlags::IN),
            PollFd::new(&pidfd, PollFlags::IN),
            PollFd::new(&tells.pipe, PollFlags::IN),
        ];
        if tells.is_closed {
            // A closed pipe is always ready; leave it out.
            poll_until(&mut fds[..2], ladder.deadline())?;
        } else {
            poll_until(&mut fds, ladder.deadline())?;
        }
        is_over = !fds[1].revents().is_empty();
        tells.read()?;
        if !has_pid_namespace && let Some(pid) = tells.engine_pid.take() {
            processes.engine = Pid::from_raw(pid).and_then(ProcessId::of);
            write_processes(folder, &processes)?;
        }
        for order in read_orders(control)? {
            ladder.order(order);
        }
        if ladder.is_due() {
            // With a pid namespace this ends everything inside; without one the caller ends what is left.
            sandbox.kill()?;
            if let Some(engine) = processes.engine {
                engine.kill_group();
            }
        }
    }
    let status = sandbox.wait()?;
    tells.read()?;
    let group = Group::of(folder);
    let is_success = status.success() && tells.steps.iter().all(|step| step.status.is_success());
    let how = ladder.how.unwrap_or_else(|| match (tells.broken, status.success()) {
        _ if !is_success && group.was_out_of_memory() => How::Broken { reason: out_of_memory(spec) },
        (Some(reason), _) => How::Broken { reason },
        (None, true) => How::Done,
        (None, false) => How::Broken { reason: format!("the sandbox ended unexpectedly ({status})") },
    });
    Ok(Exit { version: SPEC_VERSION, how, steps: tells.steps, unended: tells.running, state_failure: None })
}

fn out_of_memory(spec: &Spec) -> String {
    format!("the run needed more than {} MiB of memory and was ended", spec.memory_bytes_max >> 20)
}

fn poll_until(fds: &mut [PollFd<'_>], deadline: Instant) -> io::Result<()> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A day is far enough; the loop comes back.
    let left = left.min(Duration::from_hours(24));
    let timeout = Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    };
    match poll(fds, Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Orders as the agent writes them, one a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Interrupt,
    Kill,
}

fn read_orders(control: &OwnedFd) -> io::Result<Vec<Order>> {
    let mut buffer = [0; 256];
    match rustix::io::read(control, &mut buffer) {
        Ok(count) => Ok(parse_orders(&buffer[..count])),
        Err(Errno::AGAIN | Errno::INTR) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn parse_orders(text: &[u8]) -> Vec<Order> {
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| match line {
            b"interrupt" => Some(Order::Interrupt),
            b"kill" => Some(Order::Kill),
            _ => None,
        })
        .collect()
}

/// Interrupt once, wait, end by force.
struct Ladder {
    /// The interrupt goes here.
    sandbox: ChildStdin,
    timeout_at: Instant,
    kill_at: Option<Instant>,
    grace: Duration,
    /// Why it was climbed: the first cause, except that an order to end at once is told as such.
    how: Option<How>,
}

impl Ladder {
    fn new(spec: &Spec, sandbox: ChildStdin) -> Self {
        Self {
            sandbox,
            timeout_at: Instant::now() + Duration::from_millis(spec.timeout_ms),
            kill_at: None,
            grace: Duration::from_millis(spec.interrupt_grace_ms),
            how: None,
        }
    }

    fn deadline(&self) -> Instant {
        self.kill_at.unwrap_or(self.timeout_at)
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Interrupt => self.interrupt(How::Interrupted),
            Order::Kill => {
                self.how = Some(How::Killed);
                self.kill_at = Some(Instant::now());
            }
        }
    }

    fn interrupt(&mut self, how: How) {
        if self.how.is_none() {
            self.how = Some(how);
            self.kill_at = Some(Instant::now() + self.grace);
            // A sandbox that is gone needs no interrupt.
            let _ = self.sandbox.write_all(b"interrupt\n");
        }
    }

    /// Whether everything is to be ended by force now.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        if self.kill_at.is_none() && now >= self.timeout_at {
            self.interrupt(How::TimedOut);
        }
        match self.kill_at {
            Some(at) if now >= at => {
                // Once is enough; the end follows.
                self.kill_at = Some(now + Duration::from_secs(1));
                true
            }
            _ => false,
        }
    }
}

/// What the sandbox has told so far.
struct Tells {
    pipe: ChildStdout,
    partial_line: Vec<u8>,
    is_closed: bool,
    steps: Vec<StepEnd>,
    engine_pid: Option<i32>,
    running: Option<StepKind>,
    broken: Option<String>,
}

impl Tells {
    fn new(pipe: ChildStdout) -> io::Result<Self> {
        let flags = fcntl_getfl(&pipe)?;
        fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)?;
        Ok(Self {
            pipe,
            partial_line: Vec::new(),
            is_closed: false,
            steps: Vec::new(),
            engine_pid: None,
            running: None,
            broken: None,
        })
    }

    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while !self.is_closed {
            match self.pipe.read(&mut buffer) {
                Ok(0) => self.is_closed = true,
                Ok(count) => self.take(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) {
        self.partial_line.extend_from_slice(bytes);
        while let Some(end) = self.partial_line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial_line.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(Tell::Started { step, pid }) => {
                    self.engine_pid = Some(pid);
                    self.running = Some(step);
                }
                Ok(Tell::Ended(step)) => {
                    self.running = None;
                    self.steps.push(step);
                }
                Ok(Tell::Broken { reason }) => self.broken = Some(reason),
                Err(error) => self.broken = Some(format!("the sandbox spoke nonsense: {error}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Order, parse_orders};

    #[test]
    fn orders_are_lines() {
        let orders = parse_orders(b"interrupt\nnonsense\nkill\n");
        assert_eq!(orders, [Order::Interrupt, Order::Kill]);
    }
}
