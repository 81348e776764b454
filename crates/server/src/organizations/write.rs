//! Making, changing and deleting organizations.

use super::model::{is_name, is_reserved};
use super::store::{self, Organization};
use crate::app::App;
use crate::execution_mode::{ExecutionMode, check_pool, effective, read_mode};
use crate::ids::{OrganizationId, ProjectId};
use crate::platform::access::{Caller, Granted, OrganizationScope};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::{projects, recoverable_items, workspaces};
use terrane_jsonapi::{Attributes, Given, Incoming};

/// The longest e-mail address.
pub(super) const EMAIL_CHARS_MAX: usize = 320;

/// Makes an organization; its creator is its first owner (api-contract section 20 row 19).
pub(super) async fn create(app: &App, caller: &Caller, body: &Incoming) -> ApiResult<Organization> {
    body.expect_kind("organizations")?;
    let now = app.clock.now();
    let project = ProjectId::random();
    let mut organization = Organization {
        id: OrganizationId::random(),
        name: body.attributes.required_text("name")?,
        email: None,
        collaborator_auth_policy: "password".to_owned(),
        session_timeout_minutes: None,
        session_remember_minutes: None,
        default_execution_mode: None,
        default_agent_pool_id: None,
        cost_estimation_enabled: false,
        speculative_plan_management_enabled: true,
        aggregated_commit_status_enabled: true,
        passing_statuses_for_untriggered: false,
        assessments_enforced: false,
        allow_force_delete_workspaces: false,
        created_at: now,
        default_project_id: Some(project.to_string()),
    };
    apply(&mut organization, body)?;
    let mut tx = app.db.begin().await?;
    check_execution(&mut tx, &organization).await?;
    store::insert(&mut tx, &organization, &caller.user_id).await.map_err(taken)?;
    projects::store::insert_default(&mut tx, &project, &organization.id, now).await?;
    tx.commit().await?;
    Ok(organization)
}

/// Changes what the body names.
pub(super) async fn update(
    app: &App,
    granted: &Granted<OrganizationScope>,
    body: &Incoming,
) -> ApiResult<Organization> {
    body.expect_kind("organizations")?;
    let mut tx = app.db.begin().await?;
    // Of two changes at once each keeps what the other one changed.
    if !store::hold(&mut tx, &granted.organization_id).await? {
        return Err(ApiError::not_found());
    }
    let mut organization =
        store::by_id(&mut tx, &granted.organization_id).await?.ok_or_else(ApiError::not_found)?;
    body.attributes.text("name")?.set(&mut organization.name);
    apply(&mut organization, body)?;
    check_execution(&mut tx, &organization).await?;
    store::update(&mut tx, &organization).await.map_err(taken)?;
    tx.commit().await?;
    Ok(organization)
}

/// Deletes an organization with everything in it, at once (api-contract section 20 row 16).
pub(super) async fn delete(app: &App, granted: &Granted<OrganizationScope>) -> ApiResult<()> {
    let (by, now) = (&granted.caller().user_id, app.clock.now());
    let mut tx = app.db.begin().await?;
    let mut orphans = Vec::new();
    for workspace in store::workspaces(&mut tx, &granted.organization_id).await? {
        orphans.extend(workspaces::delete::delete_in(app, &mut tx, &workspace, by, now).await?);
    }
    recoverable_items::keep_owners(&mut tx, &granted.organization_id).await?;
    store::delete(&mut tx, &granted.organization_id).await?;
    tx.commit().await?;
    orphans.iter().for_each(|job| app.wake.wake_job(job));
    Ok(())
}

fn apply(organization: &mut Organization, body: &Incoming) -> ApiResult<()> {
    let given = &body.attributes;
    given.text("email")?.set_optional(&mut organization.email);
    given.integer("session-timeout")?.set_optional(&mut organization.session_timeout_minutes);
    given.integer("session-remember")?.set_optional(&mut organization.session_remember_minutes);
    let minutes = [
        ("session-timeout", organization.session_timeout_minutes),
        ("session-remember", organization.session_remember_minutes),
    ];
    if let Some((name, _)) = minutes.iter().find(|(_, minutes)| minutes.is_some_and(|minutes| minutes < 1)) {
        return Err(ApiError::invalid_attribute(name, "must be at least one minute, or null"));
    }
    given.boolean("cost-estimation-enabled")?.set(&mut organization.cost_estimation_enabled);
    given
        .boolean("speculative-plan-management-enabled")?
        .set(&mut organization.speculative_plan_management_enabled);
    given
        .boolean("aggregated-commit-status-enabled")?
        .set(&mut organization.aggregated_commit_status_enabled);
    given
        .boolean("send-passing-statuses-for-untriggered-speculative-plans")?
        .set(&mut organization.passing_statuses_for_untriggered);
    given.boolean("assessments-enforced")?.set(&mut organization.assessments_enforced);
    given.boolean("allow-force-delete-workspaces")?.set(&mut organization.allow_force_delete_workspaces);
    if let Given::Value(mode) = read_mode(given, "default-execution-mode")? {
        organization.default_execution_mode = Some(mode.as_str().to_owned());
        if mode != ExecutionMode::Agent {
            organization.default_agent_pool_id = None;
        }
    }
    body.related("default-agent-pool")?.set_optional(&mut organization.default_agent_pool_id);
    check(organization, given)
}

/// A pool makes sense in mode `agent`, and must be one of the organization's.
async fn check_execution(tx: &mut Tx, organization: &Organization) -> ApiResult<()> {
    let level = organization.execution_level();
    if level.mode != Some(ExecutionMode::Agent) && level.agent_pool_id.is_some() {
        let detail = "a default agent pool needs the default execution mode agent";
        return Err(ApiError::invalid_relationship("default-agent-pool", detail));
    }
    let pointer = "/data/relationships/default-agent-pool";
    check_pool(tx, &organization.id, &effective(&[&level]), pointer).await
}

fn check(organization: &mut Organization, given: &Attributes) -> ApiResult<()> {
    if let Given::Value(policy) = given.text("collaborator-auth-policy")? {
        if !["password", "two_factor_mandatory"].contains(&policy.as_str()) {
            let detail = "must be password or two_factor_mandatory";
            return Err(ApiError::invalid_attribute("collaborator-auth-policy", detail));
        }
        organization.collaborator_auth_policy = policy;
    }
    if !is_name(&organization.name) {
        let detail = "Name must have 3 to 40 characters: letters, numbers, - and _";
        return Err(ApiError::invalid_attribute("name", detail));
    }
    // One that was named so before there were pages keeps its name.
    if matches!(given.text("name")?, Given::Value(name) if is_reserved(&name)) {
        let detail =
            format!("{:?} is the place of pages of this server; choose another name", organization.name);
        return Err(ApiError::invalid_attribute("name", detail));
    }
    if organization.email.as_ref().is_some_and(|email| email.chars().count() > EMAIL_CHARS_MAX) {
        return Err(ApiError::invalid_attribute(
            "email",
            format!("is longer than {EMAIL_CHARS_MAX} characters"),
        ));
    }
    Ok(())
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("name", "Name has already been taken"),
        other => other.into(),
    }
}
