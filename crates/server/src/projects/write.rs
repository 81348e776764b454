//! Making and changing projects.

use super::model::{DESCRIPTION_CHARS_MAX, is_name};
use super::store::{self, Project};
use crate::app::App;
use crate::execution_mode::{ExecutionMode, check_pool, effective, read_mode};
use crate::ids::ProjectId;
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::tag_bindings::{self, Owner};
use crate::workspaces::auto_destroy::{self, Duration};
use terrane_jsonapi::{Attributes, Given, Incoming};

/// Makes a project.
pub(super) async fn create(
    app: &App,
    granted: &Granted<OrganizationScope>,
    body: &Incoming,
) -> ApiResult<Project> {
    body.expect_kind("projects")?;
    let id = ProjectId::random();
    let mut tx = app.db.begin().await?;
    let organization = crate::organizations::store::by_id(&mut tx, &granted.organization_id).await?;
    let organization = organization.ok_or_else(ApiError::not_found)?;
    let mut project = Project {
        id: id.clone(),
        organization_id: organization.id,
        organization_name: organization.name,
        name: body.attributes.required_text("name")?,
        description: None,
        is_default: false,
        default_execution_mode: None,
        default_agent_pool_id: None,
        auto_destroy_activity_duration: None,
        organization_execution_mode: organization.default_execution_mode,
        organization_agent_pool_id: organization.default_agent_pool_id,
        created_at: app.clock.now(),
        workspace_count: 0,
    };
    apply(&mut tx, &mut project, &body.attributes).await?;
    store::insert(&mut tx, &project).await.map_err(taken)?;
    tag_bindings::set_given(app, &mut tx, Owner::Project(&id), body).await?;
    tx.commit().await?;
    Ok(project)
}

/// Changes what the body names.
pub(super) async fn update(
    app: &App,
    granted: &Granted<OrganizationScope>,
    id: &ProjectId,
    body: &Incoming,
) -> ApiResult<Project> {
    body.expect_kind("projects")?;
    let mut tx = app.db.begin().await?;
    if !store::hold(&mut tx, id).await? {
        return Err(ApiError::not_found());
    }
    let mut project = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    let before = project.auto_destroy_activity_duration.clone();
    body.attributes.text("name")?.set(&mut project.name);
    apply(&mut tx, &mut project, &body.attributes).await?;
    store::update(&mut tx, &project).await.map_err(taken)?;
    tag_bindings::set_given(app, &mut tx, Owner::Project(id), body).await?;
    if project.auto_destroy_activity_duration != before {
        let by = &granted.caller().user_id;
        auto_destroy::project_changed(&mut tx, &project, by, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(project)
}

async fn apply(tx: &mut Tx, project: &mut Project, given: &Attributes) -> ApiResult<()> {
    given.text("description")?.set_optional(&mut project.description);
    apply_execution(project, given)?;
    if let duration @ (Given::Null | Given::Value(_)) = given.text("auto-destroy-activity-duration")? {
        let duration = duration.value().filter(|text| !text.is_empty());
        if duration.as_deref().is_some_and(|text| Duration::parse(text).is_none()) {
            return Err(ApiError::invalid_attribute(
                "auto-destroy-activity-duration",
                auto_destroy::WRONG_DURATION,
            ));
        }
        project.auto_destroy_activity_duration = duration;
    }
    if !is_name(&project.name) {
        let detail = "Name must have 3 to 40 characters: letters, numbers, spaces inside, - and _";
        return Err(ApiError::invalid_attribute("name", detail));
    }
    if project.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        let detail = format!("is longer than {DESCRIPTION_CHARS_MAX} characters");
        return Err(ApiError::invalid_attribute("description", detail));
    }
    let execution = effective(&[&project.execution_level(), &project.organization_level()]);
    let pointer = "/data/attributes/default-agent-pool-id";
    check_pool(tx, &project.organization_id, &execution, pointer).await
}

/// Own settings, and those that are inherited again.
fn apply_execution(project: &mut Project, given: &Attributes) -> ApiResult<()> {
    if let Given::Value(mode) = read_mode(given, "default-execution-mode")? {
        project.default_execution_mode = Some(mode.as_str().to_owned());
        if mode != ExecutionMode::Agent {
            project.default_agent_pool_id = None;
        }
    }
    given.text("default-agent-pool-id")?.set_optional(&mut project.default_agent_pool_id);
    let Given::Value(overwrites) = given.object("setting-overwrites")? else { return Ok(()) };
    if overwrites.boolean("default-execution-mode")? == Given::Value(false) {
        project.default_execution_mode = None;
    }
    if overwrites.boolean("default-agent-pool")? == Given::Value(false) {
        project.default_agent_pool_id = None;
    }
    Ok(())
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("name", "Name has already been taken"),
        other => other.into(),
    }
}
