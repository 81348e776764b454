//! The settings that making and changing a workspace share (api-contract 8.2).

use super::auto_destroy;
use super::model::{is_name, is_version_request, is_working_directory};
use super::store::Workspace;
use crate::clock::Time;
use crate::execution_mode::{ExecutionMode, check_pool, read_mode};
use crate::ids::UserId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::terraform_versions;
use terrane_jsonapi::{Attributes, Given};

/// Texts of a workspace longer than this are refused.
pub(super) const TEXT_CHARS_MAX: usize = 4096;
const POOL: &str = "agent-pool-id";

/// Reads the settings a body names into a workspace.
pub(super) async fn apply_settings(
    tx: &mut Tx,
    workspace: &mut Workspace,
    given: &Attributes,
    by: &UserId,
    now: Time,
) -> ApiResult<()> {
    apply_plain(workspace, given)?;
    apply_execution(workspace, given)?;
    auto_destroy::apply(workspace, given, by, now)?;
    // The Python SDK always sends an empty one.
    if let Given::Value(connection) = given.object("vcs-repo")?
        && !connection.is_empty()
    {
        let detail =
            "connections to version control are not offered by this server: upload configurations instead";
        return Err(ApiError::invalid_attribute("vcs-repo", detail));
    }
    check(workspace)?;
    if given.names("terraform-version") || given.names("engine") {
        let (engine, version) = (workspace.engine, &workspace.terraform_version);
        if let Some(why) = terraform_versions::check_enabled(&mut *tx, engine, version).await? {
            return Err(ApiError::invalid_attribute("terraform-version", why));
        }
    }
    check_pool(tx, &workspace.organization_id, &workspace.execution(), "/data/attributes/agent-pool-id").await
}

fn apply_plain(workspace: &mut Workspace, given: &Attributes) -> ApiResult<()> {
    given.text("description")?.set_optional(&mut workspace.description);
    given.text("terraform-version")?.set(&mut workspace.terraform_version);
    given.text("working-directory")?.set_optional(&mut workspace.working_directory);
    given.text("source-name")?.set_optional(&mut workspace.source_name);
    given.text("source-url")?.set_optional(&mut workspace.source_url);
    for (key, target) in [
        ("auto-apply", &mut workspace.auto_apply),
        ("auto-apply-run-trigger", &mut workspace.auto_apply_run_trigger),
        ("allow-destroy-plan", &mut workspace.allow_destroy_plan),
        ("queue-all-runs", &mut workspace.queue_all_runs),
        ("speculative-enabled", &mut workspace.speculative_enabled),
        ("file-triggers-enabled", &mut workspace.file_triggers_enabled),
        ("global-remote-state", &mut workspace.global_remote_state),
        ("project-remote-state", &mut workspace.project_remote_state),
        ("assessments-enabled", &mut workspace.assessments_enabled),
        ("structured-run-output-enabled", &mut workspace.structured_run_output_enabled),
    ] {
        given.boolean(key)?.set(target);
    }
    for (key, target) in [
        ("trigger-prefixes", &mut workspace.trigger_prefixes),
        ("trigger-patterns", &mut workspace.trigger_patterns),
    ] {
        if let Given::Value(list) = given.texts(key)? {
            *target = serde_json::to_string(&list).unwrap_or_else(|_| "[]".to_owned());
        }
    }
    Ok(())
}

/// Own settings about where runs happen, and those that are inherited again. `operations` is the old name of it.
fn apply_execution(workspace: &mut Workspace, given: &Attributes) -> ApiResult<()> {
    let asked = asked_mode(workspace, given)?;
    let (mode_flag, pool_flag) = match given.object("setting-overwrites")? {
        Given::Value(flags) => {
            (flags.boolean("execution-mode")?.value(), flags.boolean("agent-pool")?.value())
        }
        Given::Absent | Given::Null => (None, None),
    };
    if asked.is_some() && mode_flag == Some(false) {
        let detail = "excludes setting-overwrites.execution-mode false, which inherits the mode";
        return Err(ApiError::invalid_attribute("execution-mode", detail));
    }
    if let Some(mode) = asked {
        workspace.execution_mode = Some(mode.as_str().to_owned());
        workspace.overwrites_agent_pool = true;
        if mode != ExecutionMode::Agent {
            workspace.agent_pool_id = None;
        }
    } else if mode_flag == Some(true) {
        workspace.execution_mode = Some(workspace.execution().mode.as_str().to_owned());
    } else if mode_flag == Some(false) {
        workspace.execution_mode = None;
    }
    // Whoever inherits the mode inherits the pool, unless it says otherwise.
    let pool_flag = pool_flag.or(mode_flag.filter(|flag| !flag));
    apply_pool(workspace, &given.text(POOL)?, pool_flag)
}

fn apply_pool(workspace: &mut Workspace, asked: &Given<String>, flag: Option<bool>) -> ApiResult<()> {
    let inherited = workspace.execution().agent_pool_id;
    match (flag, asked) {
        (Some(false), Given::Value(_)) => {
            let detail = "excludes setting-overwrites.agent-pool false, which inherits the pool";
            return Err(ApiError::invalid_attribute(POOL, detail));
        }
        (Some(false), _) => {
            workspace.overwrites_agent_pool = false;
            workspace.agent_pool_id = None;
        }
        (Some(true), Given::Absent) if !workspace.overwrites_agent_pool => {
            workspace.overwrites_agent_pool = true;
            workspace.agent_pool_id = inherited;
        }
        (_, Given::Value(pool)) => {
            workspace.overwrites_agent_pool = true;
            workspace.agent_pool_id = Some(pool.clone());
        }
        (_, Given::Null) => workspace.agent_pool_id = None,
        (_, Given::Absent) => {}
    }
    if workspace.agent_pool_id.is_some() && workspace.execution().mode != ExecutionMode::Agent {
        let detail = "must not be given unless the execution mode is agent";
        return Err(ApiError::invalid_attribute(POOL, detail));
    }
    Ok(())
}

fn asked_mode(workspace: &Workspace, given: &Attributes) -> ApiResult<Option<ExecutionMode>> {
    let mode = read_mode(given, "execution-mode")?.value();
    let Some(operations) = given.boolean("operations")?.value() else { return Ok(mode) };
    let now = mode.unwrap_or(workspace.execution().mode);
    if operations == (now != ExecutionMode::Local) {
        return Ok(mode);
    }
    match mode {
        Some(mode) => {
            let detail =
                format!("says something else than execution-mode {}: give that alone", mode.as_str());
            Err(ApiError::invalid_attribute("operations", detail))
        }
        None if operations => Ok(Some(ExecutionMode::Remote)),
        None => Ok(Some(ExecutionMode::Local)),
    }
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
    if workspace.global_remote_state && workspace.project_remote_state {
        let detail =
            "excludes global-remote-state, which lets every workspace of the organization read the state";
        return Err(ApiError::invalid_attribute("project-remote-state", detail));
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
