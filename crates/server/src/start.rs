//! Starts a server: opens everything, listens, runs the embedded agent and the sweeps.

use crate::agents::embedded_agent_name;
use crate::app::{App, StartError};
use crate::clock::Clock;
use crate::config::Config;
use crate::platform::http::serve;
use crate::platform::tls::{self, Acceptor};
use crate::platform::{logs, objects, ops, scheduler};
use crate::{router, terraform_versions, tokens, workspaces};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use terrane_agent::{Client, EnginePlaces, KnownEngines, Settings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Its state, also to stop it: [`crate::app::Inner::stopping`].
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
}

/// Listeners that another program has opened and keeps: the service manager, so that nobody is refused while one server
/// takes the place of another (spikes.md F).
#[derive(Debug, Default)]
pub struct Passed {
    /// Instead of [`Config::listen`].
    pub api: Option<std::net::TcpListener>,
    /// Instead of [`Config::metrics_listen`].
    pub metrics: Option<std::net::TcpListener>,
}

impl Server {
    /// Starts. When this returns, requests are answered.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        Self::start_on(Passed::default(), config, clock).await
    }

    /// The same on listeners that are there already.
    pub async fn start_on(passed: Passed, config: Config, clock: Clock) -> Result<Self, StartError> {
        let (listener, address) = listen("--listen", passed.api, config.listen).await?;
        let metrics_listener = match (passed.metrics, config.metrics_listen) {
            (None, None) => None,
            (passed, address) => {
                let address = address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
                Some(listen("--metrics-listen", passed, address).await?.0)
            }
        };
        let public_url = config.public_url.clone().unwrap_or_else(|| config.listening_url(address));
        let app = App::open(config, public_url.trim_end_matches('/').to_owned(), clock).await?;
        let agent_name = embedded_agent_name(&app.config.data_dir)
            .map_err(|source| StartError::DataDir { path: app.config.data_dir.clone(), source })?;
        let acceptor = match &app.config.tls {
            Some(tls) => Some(tls::acceptor(tls, &app.config.data_dir, app.config.names(), app.clock.now())?),
            None => None,
        };
        compact_logs(&app);
        let router = router::router(&app);
        let mut tasks = vec![
            tokio::spawn(scheduler::sweep_forever(app.clone())),
            tokio::spawn(objects::sweep_forever(app.clone())),
            tokio::spawn(workspaces::destroy_due_forever(app.clone())),
            spawn_serve(&app, listener, acceptor, router.clone()),
            tokio::spawn(run_agent(app.clone(), router, agent_name)),
        ];
        if let Some(listener) = metrics_listener {
            tasks.push(spawn_serve(&app, listener, None, ops::metrics_router(app.clone())));
        }
        Ok(Self { app, address, tasks })
    }

    /// Stops: no new work, long polls answer, requests in flight end, the database is closed.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        self.join().await;
    }

    /// Waits until somebody has stopped it.
    pub async fn join(self) {
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the server ended badly");
            }
        }
        self.app.db.close().await;
    }
}

/// A child that a killed server was just starting has its sockets until it has become another program.
const PORT_PATIENCE: Duration = Duration::from_secs(1);
const PORT_AGAIN: Duration = Duration::from_millis(10);

/// The listener and, where the system chose the port, the address it has.
async fn listen(
    flag: &'static str,
    passed: Option<std::net::TcpListener>,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { flag, address, source };
    let listener = match passed {
        Some(listener) => {
            listener.set_nonblocking(true).map_err(failed)?;
            TcpListener::from_std(listener).map_err(failed)?
        }
        None => bind(address).await.map_err(failed)?,
    };
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let deadline = Instant::now() + PORT_PATIENCE;
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < deadline => {
                tokio::time::sleep(PORT_AGAIN).await;
            }
            bound => return bound,
        }
    }
}

fn spawn_serve(
    app: &App,
    listener: TcpListener,
    acceptor: Option<Acceptor>,
    router: axum::Router,
) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move { serve(&app, listener, acceptor, router).await })
}

/// Moves logs out of the rows that an earlier server left there. What its agent left is adopted by this one's.
fn compact_logs(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        for log in logs::store::uncompacted(&app.db).await.unwrap_or_default() {
            if let Err(error) = logs::compact(&app, &log).await {
                tracing::warn!(%error, "failed to compact a log");
            }
        }
    });
}

/// Looks for engines, then runs the embedded agent until the server stops.
async fn run_agent(app: App, router: axum::Router, name: String) {
    let config = &app.config;
    let known = KnownEngines::follow(EnginePlaces {
        explicit: config.engine_paths.clone(),
        folder: config.data_dir.join("engines"),
        search_path: config.engine_search_path.clone(),
    })
    .await;
    if known.current().is_empty() {
        tracing::warn!(
            "no engine: `terrane engine install latest --data-dir {}` installs one; or put tofu or terraform on the \
             PATH, or name it in the configuration",
            config.data_dir
        );
    }
    tell_engines(&app, &known).await;
    let mut news = known.clone();
    let follow = async {
        loop {
            news.changed().await;
            tell_engines(&app, &news).await;
        }
    };
    let work = async {
        if config.agent_slots == 0 {
            app.stopping.cancelled().await;
        } else if let Err(error) = agent(&app, router, known, name).await {
            tracing::error!(%error, "the embedded agent ended");
        }
    };
    tokio::select! {
        () = follow => {}
        () = work => {}
    }
}

/// Says which engines there are: to the catalogue first, so that whoever asks for engines finds them there, too.
async fn tell_engines(app: &App, known: &KnownEngines) {
    let engines = known.current();
    if let Err(error) = terraform_versions::note_found(app, &engines).await {
        tracing::warn!(%error, "failed to note the engines in the catalogue; the next start tries again");
    }
    app.set_engines(engines);
}

async fn agent(app: &App, router: axum::Router, known: KnownEngines, name: String) -> anyhow::Result<()> {
    let config = &app.config;
    let supervisor = match &config.supervisor {
        Some(program) => program.clone(),
        None => camino::Utf8PathBuf::try_from(std::env::current_exe()?)?,
    };
    let settings = Settings {
        work_dir: config.data_dir.join("agent"),
        supervisor,
        engine_paths: config.engine_paths.clone(),
        engine_dir: config.data_dir.join("engines"),
        engine_cli_config: config.engine_cli_config.clone(),
        slots: config.agent_slots,
        sandbox: config.sandbox,
        memory_bytes_max: config.limits.engine_memory_bytes_max,
        processes_max: config.limits.engine_processes_max,
        snapshot_interval: config.limits.snapshot_interval,
        token: tokens::embedded_agent_token(&app.db, &name, app.clock.now()).await?,
        name,
    };
    Ok(terrane_agent::run(settings, known, Client::in_process(router), app.stopping.clone()).await?)
}
