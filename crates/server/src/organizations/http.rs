//! The routes of organizations (api-contract section 10).

use super::store::{self, Organization};
use super::write;
use crate::app::App;
use crate::clock::Time;
use crate::execution_mode::{ExecutionMode, effective};
use crate::platform::access::{Caller, Granted, Needs, OrganizationScope, Right};
use crate::platform::http::{
    ApiError, ApiResult, Body, Listing, Route, created, delete, get, no_content, ok, patch, post, put,
    searched,
};
use crate::platform::openapi::ResourceType;
use crate::runs::{self, store::InQueue};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Document, Relationship, Resource, ResourceId};

/// This folder's routes.
pub fn routes() -> Vec<Route> {
    const ONE: &str = "/api/v2/organizations/{organization}";
    vec![
        get("/api/v2/organizations", "listOrganizations", Needs::User, list),
        post("/api/v2/organizations", "createOrganization", Needs::User, make),
        get(ONE, "getOrganization", Needs::Organization(Right::ReadOrganization), show),
        patch(ONE, "updateOrganization", Needs::Organization(Right::ManageOrganization), change),
        put(ONE, "replaceOrganization", Needs::Organization(Right::ManageOrganization), change),
        delete(ONE, "deleteOrganization", Needs::Organization(Right::ManageOrganization), remove),
        get(
            "/api/v2/organizations/{organization}/entitlement-set",
            "getEntitlementSet",
            Needs::Organization(Right::ReadOrganization),
            entitlements,
        ),
        get(
            "/api/v2/organizations/{organization}/capacity",
            "getCapacity",
            Needs::Organization(Right::ReadOrganization),
            capacity,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct OrganizationAttributes<'a> {
    name: &'a str,
    external_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    created_at: Time,
    default_execution_mode: ExecutionMode,
    collaborator_auth_policy: &'a str,
    session_timeout: Option<i64>,
    session_remember: Option<i64>,
    cost_estimation_enabled: bool,
    speculative_plan_management_enabled: bool,
    aggregated_commit_status_enabled: bool,
    send_passing_statuses_for_untriggered_speculative_plans: bool,
    assessments_enforced: bool,
    allow_force_delete_workspaces: bool,
    saml_enabled: bool,
    two_factor_conformant: bool,
    plan_identifier: &'static str,
    plan_expired: bool,
    permissions: Permissions,
}

/// Organizations, for their description.
pub(super) const ORGANIZATION: ResourceType =
    ResourceType::of::<OrganizationAttributes<'static>>("organizations");

/// Whoever sees an organization is an owner or a site administrator.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_update: bool,
    can_destroy: bool,
    can_create_workspace: bool,
    can_create_project: bool,
    can_create_team: bool,
    can_manage_users: bool,
    can_update_api_token: bool,
    can_update_agent_pools: bool,
    can_manage_varsets: bool,
    can_manage_tags: bool,
    can_update_ssh_keys: bool,
    can_traverse: bool,
}

/// The resource.
pub fn resource(organization: &Organization) -> Resource {
    let name = &organization.name;
    let execution = effective(&[&organization.execution_level()]);
    let attributes = OrganizationAttributes {
        name,
        external_id: organization.id.as_str(),
        email: organization.email.as_deref(),
        created_at: organization.created_at,
        default_execution_mode: execution.mode,
        collaborator_auth_policy: &organization.collaborator_auth_policy,
        session_timeout: organization.session_timeout_minutes,
        session_remember: organization.session_remember_minutes,
        cost_estimation_enabled: organization.cost_estimation_enabled,
        speculative_plan_management_enabled: organization.speculative_plan_management_enabled,
        aggregated_commit_status_enabled: organization.aggregated_commit_status_enabled,
        send_passing_statuses_for_untriggered_speculative_plans: organization
            .passing_statuses_for_untriggered,
        assessments_enforced: organization.assessments_enforced,
        allow_force_delete_workspaces: organization.allow_force_delete_workspaces,
        saml_enabled: false,
        two_factor_conformant: true,
        plan_identifier: "self-hosted",
        plan_expired: false,
        permissions: Permissions {
            can_update: true,
            can_destroy: true,
            can_create_workspace: true,
            can_create_project: true,
            can_create_team: false,
            can_manage_users: false,
            can_update_api_token: false,
            can_update_agent_pools: false,
            can_manage_varsets: false,
            can_manage_tags: true,
            can_update_ssh_keys: true,
            can_traverse: true,
        },
    };
    let own = format!("/api/v2/organizations/{name}");
    let project = organization.default_project_id.as_ref().map(|id| ResourceId::new("projects", id));
    let pool = execution.agent_pool_id.map(|id| ResourceId::new("agent-pools", id));
    let entitlements = ResourceId::new("entitlement-sets", &organization.id);
    Resource::new("organizations", name, &attributes)
        .relate("default-project", Relationship::One(project))
        .relate("default-agent-pool", Relationship::One(pool))
        .relate("entitlement-set", Relationship::OneAt(Some(entitlements), format!("{own}/entitlement-set")))
        .link("self", own)
}

/// Everything unless a page is asked for (api-contract 2.6).
async fn list(State(app): State<App>, caller: Caller, listing: Listing) -> ApiResult {
    let (either, name, email) = (
        searched(&listing.query, "q")?,
        searched(&listing.query, "q[name]")?,
        searched(&listing.query, "q[email]")?,
    );
    let filter = store::Filter {
        all: caller.is_site_admin,
        user: &caller.user_id,
        name: name.as_deref().or(either.as_deref()),
        email: email.as_deref().or(either.as_deref()),
    };
    if !listing.query.asks_for_a_page() {
        let organizations = store::list(&app.db, filter, i64::MAX, 0).await?;
        return Ok(ok(&Document::many(organizations.iter().map(resource).collect())));
    }
    let page = listing.page;
    let organizations = store::list(&app.db, filter, page.limit(), page.offset()).await?;
    let total = store::count(&app.db, filter).await?;
    let resources = organizations.iter().map(resource).collect();
    Ok(listing.answer(resources, total))
}

async fn make(State(app): State<App>, caller: Caller, Body(body): Body) -> ApiResult {
    Ok(created(&Document::one(resource(&write::create(&app, &caller, &body).await?))))
}

async fn show(State(app): State<App>, granted: Granted<OrganizationScope>) -> ApiResult {
    let organization =
        store::find(&app.db, &granted.organization_name).await?.ok_or_else(ApiError::not_found)?;
    Ok(ok(&Document::one(resource(&organization))))
}

async fn change(State(app): State<App>, granted: Granted<OrganizationScope>, Body(body): Body) -> ApiResult {
    Ok(ok(&Document::one(resource(&write::update(&app, &granted, &body).await?))))
}

async fn remove(State(app): State<App>, granted: Granted<OrganizationScope>) -> ApiResult {
    write::delete(&app, &granted).await?;
    Ok(no_content())
}

/// What this server offers. `operations` must be true: without it the CLI runs everything locally.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Entitlements {
    operations: bool,
    state_storage: bool,
    agents: bool,
    teams: bool,
    run_tasks: bool,
    vcs_integrations: bool,
    private_module_registry: bool,
    policy_enforcement: bool,
    sentinel: bool,
    cost_estimation: bool,
    sso: bool,
    audit_logging: bool,
    global_run_tasks: bool,
    private_run_tasks: bool,
    user_limit: Option<u64>,
}

/// What is offered, for its description.
pub(super) const ENTITLEMENTS: ResourceType = ResourceType::of::<Entitlements>("entitlement-sets");

async fn entitlements(granted: Granted<OrganizationScope>) -> ApiResult {
    let offered = Entitlements {
        operations: true,
        state_storage: true,
        agents: false,
        teams: false,
        run_tasks: false,
        vcs_integrations: false,
        private_module_registry: false,
        policy_enforcement: false,
        sentinel: false,
        cost_estimation: false,
        sso: false,
        audit_logging: false,
        global_run_tasks: false,
        private_run_tasks: false,
        user_limit: None,
    };
    let own = format!("/api/v2/organizations/{}/entitlement-set", granted.organization_name);
    Ok(ok(&Document::one(
        Resource::new("entitlement-sets", &granted.organization_id, &offered).link("self", own),
    )))
}

#[derive(Serialize, JsonSchema)]
struct Capacity {
    pending: i64,
    running: i64,
}

/// The capacity, for its description.
pub(super) const CAPACITY: ResourceType = ResourceType::of::<Capacity>("organization-capacity");

/// How much agents have to do and do (api-contract 4.7): by it the CLI says what it waits for.
async fn capacity(State(app): State<App>, granted: Granted<OrganizationScope>) -> ApiResult {
    let InQueue { pending, running } = runs::store::in_queue(&app.db, &granted.organization_id).await?;
    let name = &granted.organization_name;
    Ok(ok(&Document::one(
        Resource::new("organization-capacity", name, &Capacity { pending, running })
            .link("self", format!("/api/v2/organizations/{name}/capacity")),
    )))
}
