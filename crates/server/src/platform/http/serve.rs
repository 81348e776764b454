//! The listener: HTTP/1.1 over TCP, with a limit on the time a request's head may take, and a clean end.

use super::rate_limit::PeerAddress;
use super::unread::read_to_end;
use crate::app::App;
use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

/// After a failed accept (no file descriptors left), how long until the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the app stops; then long polls answer, and requests in flight get the grace time.
pub async fn serve(app: &App, listener: TcpListener, router: Router) {
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(app.config.limits.header_timeout);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = app.stopping.cancelled() => break,
        };
        spawn_connection(&builder, &graceful, stream, peer, router.clone());
    }
    drop(listener);
    let grace = app.config.limits.shutdown_grace;
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end within {grace:?}; closing their connections");
    }
}

fn spawn_connection(
    builder: &Builder<TokioExecutor>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) {
    // Small answers must not wait for more; a socket that refuses is slower, not wrong.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(PeerAddress(peer.ip()));
        read_to_end(request)
    }));
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        // Clients that go away in mid-request are none of our errors.
        let _ = watched.await;
    });
}
