//! `PATCH /workspaces/:id`, and the settings that create and update share.

use super::create::taken;
use super::model::{Client, is_name, is_version_request, is_working_directory};
use super::store::{self, Workspace};
use crate::app::App;
use crate::plans::model::EngineName;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult};
use crate::projects;
use terrane_jsonapi::{Attributes, Given, Incoming};

/// Texts of a workspace longer than this are refused.
pub(super) const TEXT_CHARS_MAX: usize = 4096;

/// Changes what the body names.
pub async fn update(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    client: Client,
    body: &Incoming,
) -> ApiResult<Workspace> {
    body.expect_kind("workspaces")?;
    let attributes = &body.attributes;
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    if !store::guard(&mut tx, &granted.workspace_id, now).await? {
        return Err(ApiError::not_found());
    }
    let mut workspace = store::find(&mut tx, &granted.workspace_id).await?.ok_or_else(ApiError::not_found)?;
    attributes.text("name")?.set(&mut workspace.name);
    if attributes.names("engine") || (attributes.names("terraform-version") && client.engine.is_some()) {
        workspace.engine = choose_engine(app, client, attributes).await?;
    }
    if let Given::Value(id) = body.related("project")? {
        let project = projects::store::in_organization(&mut tx, &id, &granted.organization_id).await?;
        let missing =
            || ApiError::invalid_relationship("project", "there is no such project in this organization");
        workspace.project_id = project.ok_or_else(missing)?.id;
    }
    apply_settings(&mut workspace, attributes)?;
    workspace.updated_at = now;
    store::update(&mut tx, &workspace).await.map_err(taken)?;
    tx.commit().await?;
    Ok(workspace)
}

/// Reads the settings a body names into a workspace.
pub(super) fn apply_settings(workspace: &mut Workspace, given: &Attributes) -> ApiResult<()> {
    given.text("description")?.set_optional(&mut workspace.description);
    given.text("terraform-version")?.set(&mut workspace.terraform_version);
    given.text("working-directory")?.set_optional(&mut workspace.working_directory);
    given.text("source-name")?.set_optional(&mut workspace.source_name);
    given.text("source-url")?.set_optional(&mut workspace.source_url);
    given.boolean("auto-apply")?.set(&mut workspace.auto_apply);
    given.boolean("auto-apply-run-trigger")?.set(&mut workspace.auto_apply_run_trigger);
    given.boolean("allow-destroy-plan")?.set(&mut workspace.allow_destroy_plan);
    given.boolean("queue-all-runs")?.set(&mut workspace.queue_all_runs);
    given.boolean("speculative-enabled")?.set(&mut workspace.speculative_enabled);
    given.boolean("file-triggers-enabled")?.set(&mut workspace.file_triggers_enabled);
    given.boolean("global-remote-state")?.set(&mut workspace.global_remote_state);
    for (key, target) in [
        ("trigger-prefixes", &mut workspace.trigger_prefixes),
        ("trigger-patterns", &mut workspace.trigger_patterns),
    ] {
        if let Given::Value(list) = given.texts(key)? {
            *target = serde_json::to_string(&list).unwrap_or_else(|_| "[]".to_owned());
        }
    }
    refuse_what_is_not_served(given)?;
    check(workspace)
}

fn check(workspace: &Workspace) -> ApiResult<()> {
    if !is_name(&workspace.name) {
        let detail = "Name can only contain letters, numbers, - and _, and at most 90 of them";
        return Err(ApiError::invalid_attribute("name", detail));
    }
    if !is_version_request(&workspace.terraform_version) {
        let detail = format!(
            "{:?} is no version: give an exact one such as 1.11.4, a constraint such as ~> 1.11, or latest",
            workspace.terraform_version
        );
        return Err(ApiError::invalid_attribute("terraform-version", detail));
    }
    let working_directory = workspace.working_directory.as_deref().unwrap_or_default();
    if !is_working_directory(working_directory) {
        return Err(ApiError::invalid_attribute("working-directory", "must be a relative path without .."));
    }
    let texts = [
        ("description", workspace.description.as_deref()),
        ("working-directory", Some(working_directory)),
        ("source-name", workspace.source_name.as_deref()),
        ("source-url", workspace.source_url.as_deref()),
        ("trigger-prefixes", Some(&workspace.trigger_prefixes)),
        ("trigger-patterns", Some(&workspace.trigger_patterns)),
    ];
    match texts.into_iter().find(|(_, text)| text.is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX)) {
        Some((name, _)) => {
            Err(ApiError::invalid_attribute(name, format!("is longer than {TEXT_CHARS_MAX} characters")))
        }
        None => Ok(()),
    }
}

/// A setting that would be ignored is refused instead.
fn refuse_what_is_not_served(given: &Attributes) -> ApiResult<()> {
    if let Given::Value(mode) = given.text("execution-mode")?
        && mode != "remote"
    {
        return Err(ApiError::invalid_attribute(
            "execution-mode",
            format!("{mode:?} is not offered by this server, only remote"),
        ));
    }
    if given.boolean("operations")? == Given::Value(false) {
        return Err(ApiError::invalid_attribute("operations", "this server runs every workspace remotely"));
    }
    Ok(())
}

/// Which engine a workspace gets (api-contract section 20 row 26): the client's own kind, else what the body says,
/// else the site's default, which is the first engine found.
pub(super) async fn choose_engine(app: &App, client: Client, given: &Attributes) -> ApiResult<EngineName> {
    let asked = match given.text("engine")?.value() {
        Some(name) => {
            let wrong = || ApiError::invalid_attribute("engine", "must be tofu or terraform");
            Some(EngineName::parse(&name).ok_or_else(wrong)?)
        }
        None => None,
    };
    if let Some(engine) = client.engine.or(asked) {
        return Ok(engine);
    }
    let engines = app.engines().await;
    let wanted = given.text("terraform-version")?.value();
    let fits = wanted.and_then(|version| {
        let mut kinds =
            engines.iter().filter(|found| found.engine.version == version).map(|found| found.engine.kind);
        kinds.next().filter(|kind| kinds.all(|other| other == *kind))
    });
    Ok(fits
        .or_else(|| engines.first().map(|found| found.engine.kind))
        .map_or(EngineName::Tofu, EngineName::from))
}
