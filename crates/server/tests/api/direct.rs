//! Calls into the router without a socket: a path goes as it is written, also one that a client would tidy up.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, header};
use serde_json::Value;
use terrane_jsonapi::MEDIA_TYPE;
use terrane_testkit::{Seen, TestServer};
use tower::ServiceExt;

/// The router of a test's server.
#[derive(Debug, Clone)]
pub struct Direct(Router);

/// What it answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// Method, path and the start of the body, for messages.
    what: String,
}

impl Direct {
    pub fn new(server: &TestServer) -> Self {
        Self(terrane_server::router::router(server.app()))
    }

    /// One request; the empty token is none.
    pub async fn call(&self, method: &Method, path: &str, token: &str, body: &[u8]) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_vec())).expect("the path can be written");
        let mut reply = self.send(method, path, request).await;
        reply.what = format!("{} {}", reply.what, String::from_utf8_lossy(&body[..body.len().min(200)]));
        reply
    }

    /// One request of a browser with these cookies, sent by a page of the server.
    pub async fn visit(&self, method: &Method, path: &str, cookies: &str, form: &str) -> Reply {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookies);
        let request = request.header("sec-fetch-site", "same-origin").body(Body::from(form.to_owned()));
        self.send(method, path, request.expect("the path can be written")).await
    }

    /// One request, as it is.
    pub async fn send(&self, method: &Method, path: &str, request: Request<Body>) -> Reply {
        let Ok(response) = self.0.clone().oneshot(request).await;
        let (head, body_of_answer) = response.into_parts();
        let bytes = to_bytes(body_of_answer, usize::MAX).await.expect("the body arrives").to_vec();
        let shown = &path[..path.len().min(200)];
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let seen = Seen {
            method: method.as_str(),
            path: path.split('?').next().unwrap_or_default(),
            status: head.status.as_u16(),
            content_type: content_type.unwrap_or_default(),
            is_packed: false,
            bytes: &bytes,
        };
        seen.check();
        Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            bytes,
            what: format!("{method} {shown}"),
        }
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// For the message of an assertion.
    pub fn describe(&self) -> String {
        format!("{}: {} {}", self.what, self.status, self.text())
    }

    /// Never 5xx; and a refusal speaks JSON:API with a status that is a string and the one of the answer.
    #[track_caller]
    pub fn expect_civil(self) -> Self {
        assert!(self.status < 500, "{}", self.describe());
        if self.status < 400 {
            return self;
        }
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        assert_eq!(content_type, Some(MEDIA_TYPE), "{}", self.describe());
        let body: Value = serde_json::from_slice(&self.bytes).expect("a refusal is JSON");
        let errors = body["errors"].as_array().expect("a refusal lists errors");
        assert!(!errors.is_empty(), "{}", self.describe());
        for error in errors {
            assert_eq!(error["status"], self.status.to_string().as_str(), "{}", self.describe());
            assert!(error["title"].is_string(), "{}", self.describe());
        }
        self
    }

    /// The 404 of what does not exist and of what the caller may not see: one body for both.
    #[track_caller]
    pub fn expect_not_found(self) -> Self {
        assert_eq!(self.status, 404, "{}", self.describe());
        assert_eq!(
            self.text(),
            r#"{"errors":[{"status":"404","title":"not found"}]}"#,
            "{}",
            self.describe()
        );
        self.expect_civil()
    }

    #[track_caller]
    pub fn expect_unauthorized(self) -> Self {
        assert_eq!(self.status, 401, "{}", self.describe());
        let body = r#"{"errors":[{"status":"401","title":"unauthorized"}]}"#;
        assert_eq!(self.text(), body, "{}", self.describe());
        self.expect_civil()
    }
}
