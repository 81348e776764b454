//! Somebody who speaks to the server over a socket.

use crate::answer::Answer;
use reqwest::{Client, ClientBuilder, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;

/// No request of a test takes longer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A caller with or without a token.
#[derive(Debug, Clone)]
pub struct Actor {
    http: Client,
    base: String,
    token: Option<SecretString>,
}

impl Actor {
    /// A caller of the server with this public URL, also one in another process.
    pub fn at(base: &str, token: Option<&str>) -> Self {
        Self::new(base, token.map(SecretString::from))
    }

    pub(crate) fn new(base: &str, token: Option<SecretString>) -> Self {
        let http = Self::client().build().expect("a client without options that can fail");
        Self { http, base: base.to_owned(), token }
    }

    /// The HTTP client of actors, to be told of more, such as an authority that it trusts.
    pub fn client() -> ClientBuilder {
        Client::builder().no_proxy().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none())
    }

    /// The same actor with another client.
    #[must_use]
    pub fn with_client(self, http: Client) -> Self {
        Self { http, ..self }
    }

    /// The same actor with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned().into()), ..self.clone() }
    }

    /// The token's text.
    pub fn token(&self) -> &str {
        self.token.as_ref().map_or("", |token| token.expose_secret())
    }

    /// A request to a path of the API (`/runs`), of the server (`//healthz`), or to a whole URL.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else if let Some(path) = path.strip_prefix('/').filter(|path| path.starts_with('/')) {
            format!("{}{path}", self.base)
        } else {
            format!("{}/api/v2{path}", self.base)
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    /// Sends a request to a server that may be gone; an error also when the answer does not arrive whole.
    ///
    /// # Panics
    /// When the answer is not as the API is described.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let (client, request) = request.build_split();
        let request = request?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = Answer::try_read(client.execute(request).await?).await?;
        answer.seen(method.as_str(), &path).check();
        Ok(answer)
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When there is no answer, or it is not as the API is described.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `PUT` of bytes.
    pub async fn put(&self, path: &str, bytes: impl Into<reqwest::Body>) -> Answer {
        self.send(self.request(Method::PUT, path).body(bytes)).await
    }
}
