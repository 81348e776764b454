//! The calls to the server.

use std::{fmt, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{Method, Request, Response, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use terrane_wire::{BASE_PATH, Claim, Heartbeat, Job, LogAck, Orders, Report};
use tower::{BoxError, ServiceExt, util::BoxCloneSyncService};

/// An answer that is not an object is at most this long.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// What is told of an answer that makes no sense.
const DETAIL_BYTES_MAX: usize = 300;

/// How to reach the server.
#[derive(Clone)]
pub struct Client {
    service: BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

impl Client {
    /// Calls the server's own router, without a socket.
    pub fn in_process(router: Router) -> Self {
        let service = router.into_service().map_err(|never| match never {});
        Self { service: BoxCloneSyncService::new(service) }
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer: try again.
    #[error("the server cannot be reached: {0}")]
    Transport(BoxError),
    /// An answer that is not the one hoped for.
    #[error("the server answered {status}: {detail}")]
    Status {
        /// The status code.
        status: StatusCode,
        /// The beginning of the body.
        detail: String,
        /// Set when the answer to a log call names the right offset.
        next_offset: Option<u64>,
    },
    /// The answer has another shape.
    #[error("the server's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

impl CallError {
    /// The job is no longer this agent's.
    pub(crate) fn is_lost(&self) -> bool {
        let Self::Status { status, next_offset: None, .. } = self else { return false };
        matches!(*status, StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::GONE)
    }

    /// Trying again makes no sense, because the server understood and refused.
    pub(crate) fn is_final(&self) -> bool {
        let Self::Status { status, .. } = self else { return false };
        let is_temporary = matches!(
            *status,
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
        status.is_client_error() && !is_temporary
    }
}

/// A client with a token.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    client: Client,
    token: SecretString,
}

impl Connection {
    pub(crate) fn new(client: Client, token: SecretString) -> Self {
        Self { client, token }
    }

    /// One job, or none within the claim's time.
    pub(crate) async fn claim(&self, claim: &Claim) -> Result<Option<Job>, CallError> {
        let response = self.post(format!("{BASE_PATH}claim"), claim).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        read(response).await.map(Some)
    }

    pub(crate) async fn heartbeat(&self, job_id: &str, heartbeat: &Heartbeat) -> Result<Orders, CallError> {
        read(self.post(format!("{BASE_PATH}jobs/{job_id}/heartbeat"), heartbeat).await?).await
    }

    pub(crate) async fn report(&self, job_id: &str, report: &Report) -> Result<(), CallError> {
        self.post(format!("{BASE_PATH}jobs/{job_id}/report"), report).await.map(drop)
    }

    pub(crate) async fn put_log(
        &self,
        job_id: &str,
        lease_epoch: i64,
        offset: u64,
        bytes: bytes::Bytes,
    ) -> Result<LogAck, CallError> {
        let path = format!("{BASE_PATH}jobs/{job_id}/log?epoch={lease_epoch}&offset={offset}");
        let size_bytes = bytes.len() as u64;
        read(self.send(Method::PUT, path, "application/octet-stream", size_bytes, Body::from(bytes)).await?)
            .await
    }

    /// Puts an object to a signed path.
    pub(crate) async fn put_object<T: DeserializeOwned>(
        &self,
        path: &str,
        size_bytes: u64,
        body: Body,
    ) -> Result<T, CallError> {
        read(self.send(Method::PUT, path.to_owned(), "application/octet-stream", size_bytes, body).await?)
            .await
    }

    /// Gets an object from a signed path.
    pub(crate) async fn get_object(&self, path: &str) -> Result<Body, CallError> {
        let request = self.request(Method::GET, path.to_owned()).body(Body::empty());
        Ok(self.call(request).await?.into_body())
    }

    async fn post(&self, path: String, document: &impl Serialize) -> Result<Response<Body>, CallError> {
        let body = serde_json::to_vec(document)?;
        self.send(Method::POST, path, "application/json", body.len() as u64, Body::from(body)).await
    }

    async fn send(
        &self,
        method: Method,
        path: String,
        content_type: &str,
        size_bytes: u64,
        body: Body,
    ) -> Result<Response<Body>, CallError> {
        let request = self
            .request(method, path)
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_LENGTH, size_bytes);
        self.call(request.body(body)).await
    }

    fn request(&self, method: Method, path: String) -> http::request::Builder {
        let authorization = format!("Bearer {}", self.token.expose_secret());
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization)
    }

    async fn call(&self, request: http::Result<Request<Body>>) -> Result<Response<Body>, CallError> {
        let request = request.map_err(|error| CallError::Transport(error.into()))?;
        let response = self.client.service.clone().oneshot(request).await.map_err(CallError::Transport)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.unwrap_or_default();
        let next_offset = serde_json::from_slice::<LogAck>(&body).ok().map(|ack| ack.next_offset);
        let detail = &body[..body.len().min(DETAIL_BYTES_MAX)];
        Err(CallError::Status { status, detail: String::from_utf8_lossy(detail).into_owned(), next_offset })
    }
}

async fn read<T: DeserializeOwned>(response: Response<Body>) -> Result<T, CallError> {
    let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX)
        .await
        .map_err(|error| CallError::Transport(error.into()))?;
    Ok(serde_json::from_slice(&body)?)
}

/// Waits longer each time, and never the same for two agents.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);

    pub(crate) fn new() -> Self {
        Self { next: Self::FIRST }
    }

    pub(crate) async fn wait(&mut self) {
        let wait = self.next.mul_f64(rand::random_range(0.5..1.0));
        self.next = (self.next * 2).min(Self::LONGEST);
        tokio::time::sleep(wait).await;
    }
}
