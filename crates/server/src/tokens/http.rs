//! User tokens (api-contract section 10). Only the user sees and makes them.

use super::issue::issue;
use super::store::{self, Token};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{TokenId, UserId};
use crate::platform::access::{Caller, Needs};
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Route, created, delete, get, no_content, ok, post,
};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use terrane_jsonapi::{Document, Given, Relationship, Resource, ResourceId};

/// A description longer than this is refused.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 512;

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const OF_USER: &str = "/api/v2/users/{user_id}/authentication-tokens";
    const ONE: &str = "/api/v2/authentication-tokens/{token_id}";
    vec![
        get(OF_USER, "listUserTokens", Needs::User, list),
        post(OF_USER, "createUserToken", Needs::User, make),
        get(ONE, "getToken", Needs::User, show),
        delete(ONE, "deleteToken", Needs::User, remove),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct TokenAttributes<'a> {
    created_at: Time,
    last_used_at: Option<Time>,
    expired_at: Option<Time>,
    description: Option<&'a str>,
    token: Option<&'a str>,
}

/// Tokens, for their description.
pub(super) const TOKEN: ResourceType = ResourceType::of::<TokenAttributes<'static>>("authentication-tokens");

fn resource(token: &Token, text: Option<&str>) -> Resource {
    let attributes = TokenAttributes {
        created_at: token.created_at,
        last_used_at: token.last_used_at.map(Time),
        expired_at: token.expired_at.map(Time),
        description: token.description.as_deref(),
        token: text,
    };
    let user = token.user_id.as_ref().map(|id| ResourceId::new("users", id));
    Resource::new("authentication-tokens", &token.id, &attributes)
        .relate("created-by", Relationship::One(user))
        .relate("team", Relationship::One(None))
}

/// Empty for others (api-contract section 10); everything unless a page is asked for.
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
    listing: Listing,
) -> ApiResult {
    let tokens = if user == caller.user_id.as_str() {
        store::list(&app.db, &caller.user_id).await?
    } else {
        Vec::new()
    };
    let all: Vec<Resource> = tokens.iter().map(|token| resource(token, None)).collect();
    if !listing.query.asks_for_a_page() {
        return Ok(ok(&Document::many(all)));
    }
    let (page, total) = (listing.page, all.len() as u64);
    let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let shown = all.into_iter().skip(skip).take(usize::try_from(page.size).unwrap_or(usize::MAX)).collect();
    Ok(listing.answer(shown, total))
}

async fn make(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
    Body(body): Body,
) -> ApiResult {
    if user != caller.user_id.as_str() {
        return Err(ApiError::not_found());
    }
    body.expect_kind("authentication-tokens")?;
    let now = app.clock.now();
    let expires = match body.attributes.text("expired-at")? {
        Given::Value(text) => {
            let wrong =
                || ApiError::invalid_attribute("expired-at", "must be a time such as 2030-01-01T00:00:00Z");
            Time::parse(&text).ok_or_else(wrong)?
        }
        Given::Absent | Given::Null => now.plus(app.config.limits.token_life),
    };
    let description = body.attributes.text("description")?.value();
    if description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        let detail = format!("is longer than {DESCRIPTION_CHARS_MAX} characters");
        return Err(ApiError::invalid_attribute("description", detail));
    }
    let mut tx = app.db.begin().await?;
    let issued = issue(&mut tx, &caller.user_id, description, Some(expires), now).await?;
    tx.commit().await?;
    Ok(created(&Document::one(resource(&issued.token, Some(issued.text.expose_secret())))))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    Ok(ok(&Document::one(resource(&own(&app, &caller.user_id, id).await?, None))))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let token = own(&app, &caller.user_id, id).await?;
    let mut tx = app.db.begin().await?;
    store::delete(&mut tx, &token.id, &caller.user_id).await?;
    tx.commit().await?;
    Ok(no_content())
}

async fn own(app: &App, user: &UserId, id: String) -> ApiResult<Token> {
    let token = store::find(&app.db, &TokenId::from(id)).await?;
    token.filter(|token| token.user_id.as_deref() == Some(user.as_str())).ok_or_else(ApiError::not_found)
}
