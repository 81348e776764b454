//! What the server answered.

use crate::described::Seen;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
    url: String,
}

impl Answer {
    pub(crate) async fn try_read(response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers, url) =
            (response.status().as_u16(), response.headers().clone(), response.url().to_string());
        let bytes = response.bytes().await?.to_vec();
        Ok(Self { status, headers, bytes, url })
    }

    /// The answer to a request of this path, for the comparison with its description.
    pub(crate) fn seen<'a>(&'a self, method: &'a str, path: &'a str) -> Seen<'a> {
        Seen {
            method,
            path,
            status: self.status,
            content_type: self.header("content-type"),
            is_packed: !self.header("content-encoding").is_empty(),
            bytes: &self.bytes,
        }
    }

    /// Fails the test unless the status is this one.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.url, self.text()))
    }

    /// A place in the body, by JSON pointer; `null` when it is not there.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    /// An attribute of the one resource.
    #[track_caller]
    pub fn attribute(&self, name: &str) -> Value {
        self.at(&format!("/data/attributes/{name}"))
    }

    /// The id of the one resource.
    #[track_caller]
    pub fn id(&self) -> String {
        self.at("/data/id")
            .as_str()
            .unwrap_or_else(|| panic!("{}: no id: {}", self.url, self.text()))
            .to_owned()
    }

    /// A header's text, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The detail of the first error.
    #[track_caller]
    pub fn error(&self) -> String {
        self.at("/errors/0/detail").as_str().unwrap_or_default().to_owned()
    }
}
