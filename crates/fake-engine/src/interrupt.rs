//! SIGINT, as engines take it.

use std::{
    io,
    io::Write,
    process,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::signal::unix::{SignalKind, signal};

static IS_IGNORED: AtomicBool = AtomicBool::new(false);

static IS_NOTED: AtomicBool = AtomicBool::new(false);

/// From now on an interrupt prints its time.
pub(crate) fn note() {
    IS_NOTED.store(true, Ordering::Relaxed);
}

/// From now on an interrupt is only counted.
pub(crate) fn ignore() {
    IS_IGNORED.store(true, Ordering::Relaxed);
}

/// Returns when interrupts are heard.
pub(crate) fn listen() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(async move {
            let mut interrupts = match signal(SignalKind::interrupt()) {
                Ok(interrupts) => interrupts,
                Err(error) => return ready.send(Err(error)),
            };
            let sent = ready.send(Ok(()));
            let mut count = 0;
            while interrupts.recv().await.is_some() {
                count += 1;
                if IS_IGNORED.load(Ordering::Relaxed) {
                    let _ = writeln!(io::stdout(), "interrupt {count}");
                } else {
                    if IS_NOTED.load(Ordering::Relaxed) {
                        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                        let _ = writeln!(io::stdout(), "interrupted at {}", now.as_micros());
                    }
                    let _ = writeln!(io::stdout(), "Interrupt received.");
                    process::exit(1);
                }
            }
            sent
        })
    });
    is_ready.recv().map_err(io::Error::other)?
}
