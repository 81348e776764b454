//! What every handler of a list is asked, and how it answers (api-contract 2.6).

use super::answer::ok;
use crate::app::App;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use std::convert::Infallible;
use terrane_jsonapi::{Document, Page, Pagination, Query, Resource};

/// A request for a list.
#[derive(Debug)]
pub struct Listing {
    /// Its query.
    pub query: Query,
    /// The page asked for.
    pub page: Page,
    /// The list's absolute address without a query.
    url: String,
}

impl FromRequestParts<App> for Listing {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        Ok(Self { page: query.page(), query, url: app.url(parts.uri.path()) })
    }
}

impl Listing {
    /// The page's place among so many.
    pub fn of(&self, total: u64) -> Pagination {
        self.page.of(total, &self.url, &self.query)
    }

    /// The page's place in a list that nobody has counted.
    pub fn uncounted(&self, has_next: bool) -> Pagination {
        self.page.uncounted(has_next, &self.url, &self.query)
    }

    /// The page.
    pub fn answer(&self, resources: Vec<Resource>, total: u64) -> Response {
        self.answer_with(resources, total, Vec::new())
    }

    /// The page, and what is included beside it.
    pub fn answer_with(&self, resources: Vec<Resource>, total: u64, included: Vec<Resource>) -> Response {
        ok(&Document::page(resources, self.of(total)).include(included))
    }
}
