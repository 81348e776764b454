//! The routes of recoverable items; those for one organization are the reference's, in beta there.

use super::store::{self, Filter, Order, RecoverableItem, Scope};
use super::{forget, recover};
use crate::app::App;
use crate::clock::Time;
use crate::ids::RecoverableItemId;
use crate::platform::access::{Caller, Granted, Needs, OrganizationScope, Right};
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Purpose, Route, get, no_content, ok, put, searched,
};
use crate::platform::objects;
use crate::platform::openapi::ResourceType;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;
use terrane_jsonapi::{Document, Errors, Query, Relationship, Resource};

/// The only kind of thing that is kept.
const WORKSPACES: &str = "workspaces";

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const ONE: &str = "/api/v2/recoverable-items/{recoverable_item_id}";
    const STATE: &str = "/api/v2/recoverable-items/{recoverable_item_id}/state";
    const RECOVER: &str = "/api/v2/recoverable-items/{recoverable_item_id}/actions/recover";
    const FORGET: &str = "/api/v2/recoverable-items/{recoverable_item_id}/actions/permanently-delete";
    let owner = Needs::RecoverableItem(Right::ManageOrganization);
    vec![
        get(
            "/api/v2/organizations/{organization}/recoverable-items",
            "listRecoverableItems",
            Needs::Organization(Right::ManageOrganization),
            list,
        ),
        get("/api/v2/recoverable-items", "listAllRecoverableItems", Needs::User, list_all),
        get(ONE, "getRecoverableItem", owner, show),
        get(STATE, "downloadRecoverableItemState", owner, download),
        put(RECOVER, "recoverRecoverableItem", owner, make_again),
        put(FORGET, "permanentlyDeleteRecoverableItem", owner, delete_for_good),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct RecoverableItemAttributes<'a> {
    recoverable_name: &'a str,
    deleted_at: Time,
    expires_at: Time,
    unmanaged_resources: i64,
    permanently_deleted_at: Option<Time>,
    /// Ours: the workspace's organization, which may be gone.
    organization_name: &'a str,
    /// Ours: its apply is still under way, so this need not be its last state.
    apply_under_way: bool,
    /// Ours: the state's.
    serial: Option<i64>,
    /// Ours: the state's.
    lineage: Option<&'a str>,
}

/// Recoverable items, for their description.
pub(super) const RECOVERABLE_ITEM: ResourceType =
    ResourceType::of::<RecoverableItemAttributes<'static>>("recoverable-items");

fn resource(item: &RecoverableItem) -> Resource {
    let attributes = RecoverableItemAttributes {
        recoverable_name: &item.workspace_name,
        deleted_at: item.deleted_at,
        expires_at: item.expires_at,
        unmanaged_resources: item.resource_count,
        permanently_deleted_at: None,
        organization_name: &item.organization_name,
        apply_under_way: item.is_written,
        serial: item.serial,
        lineage: item.lineage.as_deref(),
    };
    let own = format!("/api/v2/recoverable-items/{}", item.id);
    Resource::new("recoverable-items", &item.id, &attributes)
        .relate("project", Relationship::to("projects", &item.project_id))
        .relate("recoverable", Relationship::to(WORKSPACES, &item.workspace_id))
        .link("self", own.clone())
        .link("state", item.object_id.as_ref().map(|_| format!("{own}/state")))
}

async fn list(State(app): State<App>, granted: Granted<OrganizationScope>, listing: Listing) -> ApiResult {
    page(&app, Scope::Organization(&granted.organization_id), &listing).await
}

async fn list_all(State(app): State<App>, caller: Caller, listing: Listing) -> ApiResult {
    let scope = if caller.is_site_admin { Scope::All } else { Scope::Owned(&caller.user_id) };
    page(&app, scope, &listing).await
}

async fn page(app: &App, scope: Scope<'_>, listing: &Listing) -> ApiResult {
    let (filter, page) = (filter(&listing.query)?, listing.page);
    let mut view = app.db.snapshot().await?;
    let (items, total) = if listing
        .query
        .get("filter[recoverable_type]")
        .is_some_and(|kind| kind != WORKSPACES)
    {
        (Vec::new(), 0)
    } else {
        (store::list(&mut view, scope, &filter, page).await?, store::count(&mut view, scope, &filter).await?)
    };
    let resources = items.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

fn filter(query: &Query) -> ApiResult<Filter> {
    const AFTER: &str = "filter[expires_after]";
    let sort = query.get("sort").unwrap_or_default();
    let expires_after = match query.get(AFTER) {
        Some(text) => Some(
            Time::parse(text)
                .ok_or_else(|| Errors::malformed(format!("{AFTER} must be a time in RFC 3339")))?,
        ),
        None => None,
    };
    Ok(Filter {
        search: searched(query, "filter[search]")?,
        has_resources: query.get("filter[having_managed_resources]") == Some("true"),
        expires_after: expires_after.map(|time| time.0),
        order: Order::parse(sort.strip_prefix('-').unwrap_or(sort)),
        descending: sort.starts_with('-'),
    })
}

async fn find(app: &App, id: String) -> ApiResult<RecoverableItem> {
    store::find(&app.db, &RecoverableItemId::from(id)).await?.ok_or_else(ApiError::not_found)
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    Ok(ok(&Document::one(resource(&find(&app, id).await?))))
}

/// 307 to a one-minute URL; 404 while there is no state.
async fn download(State(app): State<App>, Path(id): Path<String>) -> ApiResult {
    let item = find(&app, id).await?;
    if item.object_id.is_none() {
        return Err(ApiError::not_found());
    }
    let expires = app.clock.now().plus(app.config.limits.plan_url_life);
    let url = app.url(app.signer.path(Purpose::RecoverableState, item.id.as_str(), expires).expose_secret());
    Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response())
}

/// Answers a signed URL of a kept state.
pub async fn read_state(app: &App, id: &str) -> ApiResult {
    let item = find(app, id.to_owned()).await?;
    objects::answer(app, item.object_id.as_deref(), "application/json").await
}

async fn make_again(
    State(app): State<App>,
    granted: Granted<OrganizationScope>,
    Path(id): Path<String>,
    Body(_): Body,
) -> ApiResult {
    recover::recover(&app, &RecoverableItemId::from(id), &granted.caller().user_id).await?;
    Ok(no_content())
}

async fn delete_for_good(State(app): State<App>, Path(id): Path<String>, Body(_): Body) -> ApiResult {
    forget::forget_now(&app, &RecoverableItemId::from(id)).await?;
    Ok(no_content())
}
