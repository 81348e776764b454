//! The engines that are known now: what is installed while a server or agent runs is found without a restart.

use std::{ffi::OsString, fs, sync::Arc, time::Duration, time::SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::sync::watch;

use crate::engines::{FoundEngine, discover};

/// How often the engine folder is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Where engines are looked for, the first place first.
#[derive(Debug, Clone)]
pub struct EnginePlaces {
    /// Programs named explicitly.
    pub explicit: Vec<Utf8PathBuf>,
    /// The engine folder, which may come later.
    pub folder: Utf8PathBuf,
    /// As in `PATH`.
    pub search_path: Option<OsString>,
}

/// The engines, and news of them.
#[derive(Debug, Clone)]
pub struct KnownEngines(watch::Receiver<Arc<[FoundEngine]>>);

impl From<Vec<FoundEngine>> for KnownEngines {
    fn from(found: Vec<FoundEngine>) -> Self {
        Self(watch::channel(found.into()).1)
    }
}

impl KnownEngines {
    /// Looks for engines, and goes on looking at the folder for as long as anybody wants to know.
    pub async fn follow(places: EnginePlaces) -> Self {
        // The stamp comes first: what is installed in between is seen by the next look.
        let stamp = stamp(&places.folder);
        let found = look(&places).await;
        tell(&found);
        let (sender, receiver) = watch::channel(found);
        tokio::spawn(go_on(places, stamp, sender));
        Self(receiver)
    }

    /// Those that are there.
    pub fn current(&self) -> Arc<[FoundEngine]> {
        self.0.borrow().clone()
    }

    /// Waits until there are others; for ever, where nobody looks.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn go_on(
    places: EnginePlaces,
    mut seen: Option<SystemTime>,
    sender: watch::Sender<Arc<[FoundEngine]>>,
) {
    loop {
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        let stamp = stamp(&places.folder);
        if stamp == seen {
            continue;
        }
        seen = stamp;
        let found = look(&places).await;
        let names = |engines: &[FoundEngine]| {
            engines.iter().map(|found| (found.engine.clone(), found.path.clone())).collect::<Vec<_>>()
        };
        if names(&found) != names(&sender.borrow()) {
            tell(&found);
            sender.send_replace(found);
        }
    }
}

/// Changes when a version gets its place or loses it.
fn stamp(folder: &Utf8Path) -> Option<SystemTime> {
    fs::metadata(folder).and_then(|metadata| metadata.modified()).ok()
}

async fn look(places: &EnginePlaces) -> Arc<[FoundEngine]> {
    let places = places.clone();
    let look = move || discover(&places.explicit, &places.folder, places.search_path.as_deref());
    tokio::task::spawn_blocking(look).await.unwrap_or_default().into()
}

fn tell(found: &[FoundEngine]) {
    for engine in found {
        tracing::info!(engine.kind = %engine.engine.kind, engine.version = %engine.engine.version, path = %engine.path, "found an engine");
    }
}
