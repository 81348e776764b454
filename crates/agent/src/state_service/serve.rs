//! Listens on loopback for one run.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::mpsc,
    thread,
};

use tokio::signal::unix::{SignalKind, signal};

use super::routes::routes;
use crate::supervisor::spec::StateWorkspace;

/// Serves on a thread of its own until the process ends, and returns the port.
pub(crate) fn start(workspace: StateWorkspace) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = mpsc::channel();
    thread::Builder::new().name("state".into()).spawn(move || {
        runtime.block_on(async move {
            // Someone may have started the agent with SIGINT ignored, which the engine would inherit: a
            // signal that is handled here is back at its default there.
            let interrupt = signal(SignalKind::interrupt());
            let _ = ready.send(());
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                // Ends only with the process.
                let _ = axum::serve(listener, routes(workspace)).await;
            }
            drop(interrupt);
        });
    })?;
    is_ready.recv().map_err(io::Error::other)?;
    Ok(port)
}
