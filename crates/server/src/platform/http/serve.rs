//! The listener: HTTP/1.1 over TCP or TLS, with a limit on the time a request's head may take, and a clean end.

use super::rate_limit::PeerAddress;
use super::unread::read_to_end;
use crate::app::App;
use crate::platform::tls::Acceptor;
use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How often it is looked whether anybody is still connected.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// After a failed accept (no file descriptors left), how long until the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until the app stops. Then long polls answer, connections are drained, and requests in flight get the grace time.
/// Whoever else has the listener finds there the connections that came last (spikes.md F).
pub async fn serve(app: &App, listener: TcpListener, acceptor: Option<Acceptor>, router: Router) {
    let graceful = GracefulShutdown::new();
    let head_time = app.config.limits.header_timeout;
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_time);
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    // Small answers must not wait for more; a socket that refuses is slower, not wrong.
                    let _ = stream.set_nodelay(true);
                    let acceptor = acceptor.clone().map(|acceptor| (acceptor, head_time));
                    let connection = Connection {
                        builder: builder.clone(),
                        watcher: graceful.watcher(),
                        router: router.clone(),
                        peer,
                        stopping: app.stopping.clone(),
                    };
                    tokio::spawn(connection.serve(stream, acceptor));
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    let follow = async {
        match acceptor.clone() {
            Some(acceptor) => acceptor.follow_files().await,
            None => std::future::pending().await,
        }
    };
    let drained = async {
        app.stopping.cancelled().await;
        let is_left = async {
            while graceful.count() > 0 {
                tokio::time::sleep(DRAIN_LOOK).await;
            }
        };
        let _ = tokio::time::timeout(app.config.limits.drain, is_left).await;
    };
    tokio::select! {
        () = accept => {}
        () = follow => {}
        () = drained => {}
    }
    drop(listener);
    let grace = app.config.limits.shutdown_grace;
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end within {grace:?}; closing their connections");
    }
}

struct Connection {
    builder: Builder<TokioExecutor>,
    watcher: Watcher,
    router: Router,
    peer: SocketAddr,
    stopping: CancellationToken,
}

impl Connection {
    /// A handshake has as long as a request's head.
    async fn serve(self, stream: TcpStream, acceptor: Option<(Acceptor, Duration)>) {
        match acceptor {
            None => self.speak(stream).await,
            // Clients that cannot agree with us, or say nothing, are none of our errors.
            Some((acceptor, limit)) => {
                if let Ok(Ok(stream)) = tokio::time::timeout(limit, acceptor.accept(stream)).await {
                    self.speak(stream).await;
                }
            }
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { builder, watcher, router, peer, stopping } = self;
        let service = router.map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddress(peer.ip()));
            read_to_end(request)
        });
        let service = TowerToHyperService::new(service.map_response(move |mut response: Response| {
            if stopping.is_cancelled() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        // Clients that go away in mid-request are none of our errors, either.
        let _ = watcher.watch(connection).await;
    }
}
