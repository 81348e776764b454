//! Somebody with a browser: keeps cookies, sends forms as a page of the server does, and runs no script.

use crate::answer::Answer;
use reqwest::header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// No request of a test takes longer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// What is led on longer leads in a circle.
const STEPS_MAX: usize = 8;

/// A browser with cookies of one server.
#[derive(Debug, Clone)]
pub struct Browser {
    http: Client,
    base: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Browser {
    /// A new one for the server at this address.
    ///
    /// # Panics
    /// Never: the client has no options that can fail.
    pub fn new(base: &str) -> Self {
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT);
        Self::with(http.build().expect("a client without options that can fail"), base)
    }

    /// One with a client of its own, which must not follow redirects.
    pub fn with(http: Client, base: &str) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned(), cookies: Arc::default() }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form as a page of the server does.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        self.send(request.header(ORIGIN, &self.base).body(encoded(fields))).await
    }

    /// Takes a cookie as it stands in `Set-Cookie`.
    pub fn take(&self, line: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        if line.contains("Max-Age=0;") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Goes where an answer leads, to the first that leads nowhere else.
    ///
    /// # Panics
    /// When it leads in a circle.
    pub async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..STEPS_MAX {
            if !(300..400).contains(&answer.status) {
                return answer;
            }
            let next = answer.header("location").to_owned();
            assert!(next.starts_with('/') || next.starts_with(&self.base), "it leads away, to {next}");
            answer = self.get(&next).await;
        }
        panic!("a circle: {}", answer.header("location"));
    }

    /// A request with the cookies of before, to a path or a whole address of the server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let cookies = self.cookies();
        let request = self.http.request(method, url);
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies) }
    }

    /// Sends it and keeps the cookies of the answer.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = Answer::try_read(request.send().await.expect("the server answers")).await;
        let answer = answer.expect("the answer arrives whole");
        self.keep(&answer.headers);
        answer
    }

    /// The `Cookie` header it would send.
    pub fn cookies(&self) -> String {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            self.take(line);
        }
    }
}

/// Fields as a form sends them.
///
/// # Panics
/// Never: text can be encoded.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    serde_html_form::to_string(fields).expect("text can be encoded")
}
