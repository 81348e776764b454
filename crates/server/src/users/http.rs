//! `GET /account/details` and `GET /users/:id`.

use super::store::{self, User};
use crate::app::App;
use crate::ids::UserId;
use crate::platform::access::{Caller, Needs};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Route, distinct, get, in_order, ok};
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/account/details", "getAccount", Needs::User, account),
        get("/api/v2/users/{user_id}", "getUser", Needs::User, show),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct UserAttributes<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    avatar_url: Option<&'a str>,
    is_service_account: bool,
    is_admin: bool,
    is_site_admin: bool,
    is_sso_login: bool,
    is_confirmed: bool,
    v2_only: bool,
    auth_method: &'static str,
    permissions: Permissions,
}

/// Users, for their description.
pub(super) const USER: ResourceType = ResourceType::of::<UserAttributes<'static>>("users");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_create_organization: bool,
    can_create_organizations: bool,
    can_change_email: bool,
    can_change_username: bool,
    can_manage_user_tokens: bool,
}

fn resource(user: &User, is_self: bool) -> Resource {
    let attributes = UserAttributes {
        username: &user.username,
        email: user.email.as_deref().filter(|_| is_self),
        avatar_url: None,
        is_service_account: false,
        is_admin: user.is_site_admin,
        is_site_admin: user.is_site_admin,
        is_sso_login: false,
        is_confirmed: true,
        v2_only: true,
        auth_method: "token",
        permissions: Permissions {
            can_create_organization: is_self,
            can_create_organizations: is_self,
            can_change_email: false,
            can_change_username: false,
            can_manage_user_tokens: is_self,
        },
    };
    let own = format!("/api/v2/users/{}", user.id);
    Resource::new("users", &user.id, &attributes)
        .relate("authentication-tokens", Relationship::At(format!("{own}/authentication-tokens")))
        .relate("authenticated-resource", Relationship::to("users", &user.id))
        .link("self", own)
}

/// A user as others see them: without the e-mail address.
pub fn public_resource(user: &User) -> Resource {
    resource(user, false)
}

/// Users as others see them, for an `include`. One query.
pub async fn included(view: &mut Tx, ids: &[UserId]) -> ApiResult<Vec<Resource>> {
    let ids = distinct(ids);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = in_order(store::of_ids(view, &ids).await?, &ids, |user| &user.id);
    Ok(found.iter().map(public_resource).collect())
}

async fn account(State(app): State<App>, caller: Caller) -> ApiResult {
    let user = store::find(&app.db, &caller.user_id).await?.ok_or_else(ApiError::unauthorized)?;
    Ok(ok(&Document::one(resource(&user, true))))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    let user = store::find(&app.db, &UserId::from(id)).await?.ok_or_else(ApiError::not_found)?;
    let is_self = user.id == caller.user_id;
    Ok(ok(&Document::one(resource(&user, is_self))))
}
