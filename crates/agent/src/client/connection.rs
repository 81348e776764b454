//! The calls themselves.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use terrane_wire::{
    BASE_PATH, Claim, Heartbeat, Hello, Job, LogAck, OFFER_HEADER, Orders, Report, Start, StoredObject,
    Welcome,
};
use tokio::time::timeout;

use super::{failure::CallError, transport::Client};

/// An answer that is not an object is at most this long.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// What is told of an answer that makes no sense.
const DETAIL_BYTES_MAX: usize = 300;
/// An ordinary call takes no longer, and an object no longer than this to begin or to go on.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// Over the time the server may hold a call.
const HELD_LIMIT: Duration = Duration::from_secs(10);
/// The slowest line on which an upload is not given up.
const UPLOAD_BYTES_PER_SECOND: u64 = 100 * 1024;
const BYTES: &str = "application/octet-stream";

/// What a state's call says beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SentState<'a> {
    pub(crate) job_id: &'a str,
    pub(crate) lease_epoch: i64,
    pub(crate) sequence: u64,
    pub(crate) serial: i64,
    pub(crate) lineage: &'a str,
    pub(crate) md5: &'a str,
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

    /// The same with connections of its own.
    pub(crate) fn separate(&self) -> Result<Self, super::ClientError> {
        Ok(Self { client: self.client.separate()?, token: self.token.clone() })
    }

    pub(crate) async fn hello(&self, hello: &Hello) -> Result<Welcome, CallError> {
        read(self.post(format!("{BASE_PATH}hello"), hello, CALL_LIMIT).await?).await
    }

    /// One job, or none within the claim's time.
    pub(crate) async fn claim(&self, claim: &Claim) -> Result<Option<Job>, CallError> {
        let limit = Duration::from_millis(claim.wait_ms) + HELD_LIMIT;
        let response = self.post(format!("{BASE_PATH}claim"), claim, limit).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        read(response).await.map(Some)
    }

    /// The limit is over the time the server may hold the call.
    pub(crate) async fn heartbeat(
        &self,
        job_id: &str,
        heartbeat: &Heartbeat,
        limit: Duration,
    ) -> Result<Orders, CallError> {
        let limit = Duration::from_millis(heartbeat.wait_ms) + limit;
        read(self.post(format!("{BASE_PATH}jobs/{job_id}/heartbeat"), heartbeat, limit).await?).await
    }

    pub(crate) async fn start(&self, job_id: &str, start: &Start) -> Result<(), CallError> {
        self.post(format!("{BASE_PATH}jobs/{job_id}/start"), start, CALL_LIMIT).await.map(drop)
    }

    pub(crate) async fn report(&self, job_id: &str, report: &Report) -> Result<(), CallError> {
        self.post(format!("{BASE_PATH}jobs/{job_id}/report"), report, CALL_LIMIT).await.map(drop)
    }

    pub(crate) async fn put_log(
        &self,
        job_id: &str,
        lease_epoch: i64,
        offset: u64,
        bytes: Bytes,
    ) -> Result<LogAck, CallError> {
        let path = format!("{BASE_PATH}jobs/{job_id}/log?epoch={lease_epoch}&offset={offset}");
        let size_bytes = bytes.len() as u64;
        read(self.send(Method::PUT, path, BYTES, size_bytes, Body::from(bytes)).await?).await
    }

    /// Puts a state of an apply.
    pub(crate) async fn put_state(
        &self,
        state: SentState<'_>,
        size_bytes: u64,
        body: Body,
    ) -> Result<StoredObject, CallError> {
        let SentState { job_id, lease_epoch, sequence, serial, lineage, md5 } = state;
        let lineage = query_value(lineage);
        let path = format!(
            "{BASE_PATH}jobs/{job_id}/states/{sequence}?epoch={lease_epoch}&serial={serial}&lineage={lineage}&md5={md5}"
        );
        read(self.send(Method::PUT, path, BYTES, size_bytes, body).await?).await
    }

    /// Puts the JSON form of a state that was put.
    pub(crate) async fn put_state_json(
        &self,
        state: SentState<'_>,
        size_bytes: u64,
        body: Body,
    ) -> Result<StoredObject, CallError> {
        let SentState { job_id, lease_epoch, sequence, .. } = state;
        let path = format!("{BASE_PATH}jobs/{job_id}/states/{sequence}/json?epoch={lease_epoch}");
        read(self.send(Method::PUT, path, BYTES, size_bytes, body).await?).await
    }

    /// Puts an object to a signed path.
    pub(crate) async fn put_object(
        &self,
        path: &str,
        size_bytes: u64,
        body: Body,
    ) -> Result<StoredObject, CallError> {
        read(self.send(Method::PUT, path.to_owned(), BYTES, size_bytes, body).await?).await
    }

    /// Whether the server has the object with a digest, so that it need not be put to this signed path.
    pub(crate) async fn offer_object(&self, path: &str, sha256: &str) -> Result<bool, CallError> {
        let request = self.request(Method::PUT, path.to_owned()).header(OFFER_HEADER, sha256);
        match self.call(request.body(Body::empty()), CALL_LIMIT).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_unknown() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gets an object from a signed path.
    pub(crate) async fn get_object(&self, path: &str) -> Result<Body, CallError> {
        let request = self.request(Method::GET, path.to_owned()).body(Body::empty());
        Ok(self.call(request, CALL_LIMIT).await?.into_body())
    }

    async fn post(
        &self,
        path: String,
        document: &impl Serialize,
        limit: Duration,
    ) -> Result<Response<Body>, CallError> {
        let body = serde_json::to_vec(document)?;
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len());
        self.call(request.body(Body::from(body)), limit).await
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
        let limit = CALL_LIMIT + Duration::from_secs(size_bytes / UPLOAD_BYTES_PER_SECOND);
        self.call(request.body(body), limit).await
    }

    fn request(&self, method: Method, path: String) -> http::request::Builder {
        let authorization = format!("Bearer {}", self.token.expose_secret());
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization)
    }

    async fn call(
        &self,
        request: http::Result<Request<Body>>,
        limit: Duration,
    ) -> Result<Response<Body>, CallError> {
        let request = request.map_err(|error| CallError::Transport(error.into()))?;
        let answer = timeout(limit, self.client.call(request)).await;
        let response = answer.map_err(|_| CallError::Slow(limit))?.map_err(CallError::Transport)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = whole(response).await.unwrap_or_default();
        let next_offset = serde_json::from_slice::<LogAck>(&body).ok().map(|ack| ack.next_offset);
        Err(CallError::Status { status, detail: detail(&body), next_offset })
    }
}

/// The next piece of an object; `None` at its end.
pub(crate) async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, CallError> {
    loop {
        let frame = timeout(CALL_LIMIT, body.frame()).await.map_err(|_| CallError::Slow(CALL_LIMIT))?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(CallError::Transport(error.into())),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

async fn whole(response: Response<Body>) -> Result<Bytes, CallError> {
    let body = timeout(CALL_LIMIT, to_bytes(response.into_body(), ANSWER_BYTES_MAX)).await;
    body.map_err(|_| CallError::Slow(CALL_LIMIT))?.map_err(|error| CallError::Transport(error.into()))
}

async fn read<T: DeserializeOwned>(response: Response<Body>) -> Result<T, CallError> {
    Ok(serde_json::from_slice(&whole(response).await?)?)
}

/// What a refusal says: the details of a document of errors, else the beginning of the body.
fn detail(body: &[u8]) -> String {
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = document["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told: Vec<&str> =
        errors.iter().filter_map(|error| error["detail"].as_str().or(error["title"].as_str())).collect();
    let text = if told.is_empty() { String::from_utf8_lossy(body).into_owned() } else { told.join("; ") };
    text.replace('\n', " ").chars().take(DETAIL_BYTES_MAX).collect()
}

/// A text as the value in a query.
fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{detail, query_value};

    #[test]
    fn a_refusal_is_told_in_words() {
        let document = br#"{"errors":[{"status":"409","title":"conflict","detail":"the plan\nis stale"}]}"#;
        assert_eq!(detail(document), "the plan is stale");
        assert_eq!(detail(b"no JSON"), "no JSON");
    }

    #[test]
    fn a_lineage_cannot_add_to_a_query() {
        assert_eq!(query_value("a-1&epoch=\u{fc}"), "a-1%26epoch%3D%C3%BC");
    }
}
