//! Making, changing and deleting organizations.

use super::model::is_name;
use super::store::{self, Organization};
use crate::app::App;
use crate::ids::{OrganizationId, ProjectId};
use crate::platform::access::{Caller, Granted, OrganizationScope};
use crate::platform::db::DbError;
use crate::platform::http::{ApiError, ApiResult};
use crate::{projects, workspaces};
use terrane_jsonapi::{Given, Incoming};

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
        created_at: now,
        default_project_id: Some(project.to_string()),
    };
    apply(&mut organization, body)?;
    let mut tx = app.db.begin().await?;
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
    let mut organization =
        store::find(&mut tx, &granted.organization_name).await?.ok_or_else(ApiError::not_found)?;
    body.attributes.text("name")?.set(&mut organization.name);
    apply(&mut organization, body)?;
    store::update(&mut tx, &organization).await.map_err(taken)?;
    tx.commit().await?;
    Ok(organization)
}

/// Deletes an organization with everything in it, at once (api-contract section 20 row 16).
pub(super) async fn delete(app: &App, granted: &Granted<OrganizationScope>) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut orphans = Vec::new();
    for workspace in store::workspaces(&mut tx, &granted.organization_id).await? {
        orphans.extend(workspaces::delete::delete_in(&mut tx, &workspace, now).await?);
    }
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
