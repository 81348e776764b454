//! Listens on loopback for one run.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex, atomic::AtomicBool, mpsc},
    thread,
};

use tokio::signal::unix::{SignalKind, signal};

use super::{
    files::StateFiles,
    http_backend::http_backend,
    ledger::Ledger,
    routes::{Service, lock, routes},
};
use crate::{
    job::Folder,
    supervisor::spec::{Phase, Spec},
};

/// A service that runs until the process ends.
pub(crate) struct StateService {
    /// Where it listens, for the whole life of the run.
    pub(crate) port: u16,
    ledger: Arc<Mutex<Ledger>>,
}

impl StateService {
    /// Why a state of the run could not be kept, if one could not.
    pub(crate) fn failure(&self) -> Option<String> {
        lock(&self.ledger).failure()
    }
}

/// Serves on a thread of its own.
pub(crate) fn start(folder: &Folder, spec: &Spec) -> io::Result<StateService> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let can_write = spec.phase == Phase::Apply;
    let files = StateFiles::of(folder);
    let ledger = Arc::new(Mutex::new(Ledger::new(files, spec.workspace.base.as_ref(), can_write)));
    let service = Arc::new(Service {
        workspace: spec.workspace.clone(),
        ledger: ledger.clone(),
        can_write,
        port,
        snapshot_interval_secs: spec.snapshot_interval_secs,
        is_locked: AtomicBool::new(false),
    });
    let old = match &spec.state_address {
        Some(address) => {
            let listener = TcpListener::bind(address.socket).map_err(|error| {
                io::Error::other(format!(
                    "failed to listen on {} for the run's state: {error}",
                    address.socket
                ))
            })?;
            listener.set_nonblocking(true)?;
            Some((listener, http_backend(service.clone(), address)))
        }
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = mpsc::channel();
    thread::Builder::new().name("state".into()).spawn(move || {
        runtime.block_on(async move {
            // Someone may have started the agent with SIGINT ignored, which the engine would inherit: a
            // signal that is handled here is back at its default there.
            let interrupt = signal(SignalKind::interrupt());
            if let Some((listener, router)) = old
                && let Ok(listener) = tokio::net::TcpListener::from_std(listener)
            {
                tokio::spawn(async move { axum::serve(listener, router).await });
            }
            let _ = ready.send(());
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                // Ends only with the process.
                let _ = axum::serve(listener, routes(service)).await;
            }
            drop(interrupt);
        });
    })?;
    is_ready.recv().map_err(io::Error::other)?;
    Ok(StateService { port, ledger })
}
