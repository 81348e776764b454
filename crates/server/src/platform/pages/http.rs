//! Answers that are pages, with the headers that keep them to themselves.

mod form;
mod origin;

pub use form::Form;
pub use origin::is_from_here;

use super::layout::Page;
use crate::platform::access::Needs;
use crate::platform::http::{ApiError, Route, get};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::html;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

const STYLE: &str = include_str!("page.css");
const STYLE_PATH: &str = "/assets/page.css";

/// The style's address changes with its text, so that it may be kept for ever.
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE.as_bytes());
    let start = digest.iter().take(8).fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    });
    format!("{STYLE_PATH}?v={start}")
});

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![get("/", "showStart", Needs::Visitor, start), get(STYLE_PATH, "getPageStyle", Needs::Visitor, style)]
}

async fn start() -> Response {
    see_other("/app")
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, STYLE).into_response()
}

/// 303: the next page.
pub fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(location) => {
            let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
            keep_to_itself(response.headers_mut(), None);
            response
        }
        Err(_) => not_found(),
    }
}

/// Text as it is, which no browser takes for anything else.
pub fn text_file(body: Body) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response();
    keep_to_itself(response.headers_mut(), None);
    response
}

/// The page of what does not exist, and of what its visitor may not see.
pub fn not_found() -> Response {
    let body = html! {
        h1 { "Not found" }
        p { "There is no such page, or you may not see it." }
        p { a.button href="/app" { "To the start" } }
    };
    Page::new("Not found", body).status(404).into_response()
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let html = self.render(&STYLE_ADDRESS);
        let mut response =
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
        keep_to_itself(response.headers_mut(), self.submits_to.as_deref());
        response
    }
}

/// No script, no frame, nothing from elsewhere; no copy in a cache; no path told to other servers.
///
/// `same-origin` and not `no-referrer`: with that a browser would send `Origin: null` with our own forms.
fn keep_to_itself(headers: &mut HeaderMap, submits_to: Option<&str>) {
    let besides = submits_to.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{besides}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let fixed = [
        (header::CACHE_CONTROL, "private, no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_str(&policy);
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        policy.unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    );
}

/// Why a page is not shown.
#[derive(Debug)]
pub enum PageError {
    /// Nobody is signed in; after that the visitor comes back to this path.
    SignIn {
        /// With its query; none after a form that was sent.
        back: Option<String>,
    },
    /// A form that no page of this server has sent.
    Foreign,
    /// Too many people sign in at once.
    Busy,
    /// What a call of the API would be told.
    Api(ApiError),
}

/// What handlers of pages return.
pub type PageResult<T = Response> = Result<T, PageError>;

impl<E: Into<ApiError>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self::Api(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { back } => {
                match back.and_then(|back| serde_html_form::to_string([("to", back)]).ok()) {
                    Some(query) => see_other(&format!("/session?{query}")),
                    None => see_other("/session"),
                }
            }
            Self::Foreign => told(
                403,
                "Not accepted",
                "This form was not sent by a page of this server, so nothing was done. Open the page here and send it again.",
            ),
            Self::Busy => told(
                503,
                "Busy",
                "Many people are signing in at this moment. Wait a few seconds and try again.",
            ),
            Self::Api(error) => {
                let errors = error.into_errors();
                if errors.status == 404 {
                    return not_found();
                }
                let first = errors.objects().first();
                let title = first.map_or("error", |error| error.title.as_str());
                told(
                    errors.status,
                    title,
                    first.and_then(|error| error.detail.as_deref()).unwrap_or_default(),
                )
            }
        }
    }
}

fn told(status: u16, title: &str, what: &str) -> Response {
    let body = html! {
        h1 { (title) }
        p { (what) }
        p { a.button href="/app" { "To the start" } }
    };
    Page::new(title, body).status(status).into_response()
}

impl From<crate::passwords::HashingError> for PageError {
    fn from(error: crate::passwords::HashingError) -> Self {
        match error {
            crate::passwords::HashingError::Busy => Self::Busy,
            broken => Self::Api(ApiError::Broken(broken.to_string())),
        }
    }
}
