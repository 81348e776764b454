//! The way to the server: a router in this process, or a socket.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{Request, Response, header};
use tokio_util::task::AbortOnDropHandle;
use tower::{BoxError, ServiceExt, service_fn, util::BoxCloneSyncService};

/// A server that cannot be connected to within this time is away.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Connections nobody uses are closed after this time: shorter than servers and proxies between do it.
const IDLE_LIMIT: Duration = Duration::from_secs(20);

type Service = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// How to reach the server.
#[derive(Clone)]
pub struct Client {
    service: Service,
    /// Set when there is a socket.
    base_url: Option<Arc<str>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

/// Why there is no way to a server.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address of a server.
    #[error("{0:?} is no server's address; it looks like https://terrane.example")]
    Address(String),
    /// The certificates of this machine cannot be used, or the like.
    #[error("failed to set up connections to a server: {0}")]
    Setup(String),
}

impl Client {
    /// Calls the server's own router, without a socket. The calls run where this is called, also those from threads
    /// of the agent: what a router opens, such as connections to a database, must not belong to a thread that ends.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn in_process(router: Router) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let service = service_fn(move |request: Request<Body>| {
            let call = runtime.spawn(router.clone().oneshot(request));
            async move {
                let answer = AbortOnDropHandle::new(call).await.map_err(BoxError::from)?;
                Ok(answer.unwrap_or_else(|never| match never {}))
            }
        });
        Self { service: BoxCloneSyncService::new(service), base_url: None }
    }

    /// Calls a server by its address, such as `https://terrane.example`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the address or with this machine.
    pub fn http(base_url: &str) -> Result<Self, ClientError> {
        let base_url = base_url.trim_end_matches('/');
        let address = || ClientError::Address(base_url.to_owned());
        let uri: http::Uri = base_url.parse().map_err(|_| address())?;
        let is_right = matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some();
        if !is_right || uri.query().is_some() {
            return Err(address());
        }
        Self::connected(Arc::from(base_url))
    }

    fn connected(base_url: Arc<str>) -> Result<Self, ClientError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .pool_idle_timeout(IDLE_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ClientError::Setup(error.to_string()))?;
        let url = base_url.clone();
        let service = service_fn(move |request| send(client.clone(), url.clone(), request));
        Ok(Self { service: BoxCloneSyncService::new(service), base_url: Some(base_url) })
    }

    /// A client with connections of its own, for a thread of its own: a connection belongs to the thread that opened
    /// it, and waits while that one is busy.
    pub(crate) fn separate(&self) -> Result<Self, ClientError> {
        match &self.base_url {
            Some(base_url) => Self::connected(base_url.clone()),
            None => Ok(self.clone()),
        }
    }

    pub(super) async fn call(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        self.service.clone().oneshot(request).await
    }
}

async fn send(
    client: reqwest::Client,
    base_url: Arc<str>,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let (parts, body) = request.into_parts();
    let mut call = client.request(parts.method, format!("{base_url}{}", parts.uri));
    if parts.headers.contains_key(header::CONTENT_LENGTH) {
        call = call.body(reqwest::Body::wrap_stream(body.into_data_stream()));
    }
    let answer = call.headers(parts.headers).send().await.map_err(told)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// What went wrong, with its causes. Signed paths are secrets, so it must not show the URL.
fn told(error: reqwest::Error) -> BoxError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn an_address_is_checked() {
        for right in ["http://127.0.0.1:8080", "https://terrane.example/", "https://x.example/below"] {
            assert!(Client::http(right).is_ok(), "{right}");
        }
        for wrong in ["", "terrane.example", "ftp://x", "/agent", "https://x/?a=b", "https://"] {
            assert!(Client::http(wrong).is_err(), "{wrong}");
        }
    }
}
