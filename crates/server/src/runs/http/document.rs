//! A run as a JSON:API resource (api-contract 4.1).

use crate::app::App;
use crate::clock::Time;
use crate::platform::http::ApiResult;
use crate::platform::openapi::ResourceType;
use crate::runs::RunVariable;
use crate::runs::create::open_own_variables;
use crate::runs::mode::Addresses;
use crate::runs::model::{RunStatus, is_force_cancelable};
use crate::runs::store::Run;
use crate::status_times::StatusTimes;
use schemars::JsonSchema;
use serde::Serialize;
use terrane_jsonapi::{Relationship, Resource, ResourceId};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct RunAttributes<'a> {
    actions: Actions,
    allow_config_generation: bool,
    allow_empty_apply: bool,
    auto_apply: bool,
    debugging_mode: bool,
    canceled_at: Option<Time>,
    /// Only there once a cancel was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    force_cancel_available_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
    has_changes: bool,
    is_destroy: bool,
    message: &'a str,
    plan_only: bool,
    save_plan: bool,
    refresh: bool,
    refresh_only: bool,
    replace_addrs: &'a Addresses,
    target_addrs: &'a Addresses,
    invoke_action_addrs: Option<Vec<String>>,
    policy_paths: Option<Vec<String>>,
    source: &'a str,
    trigger_reason: &'a str,
    triggering_source_name: Option<&'a str>,
    position_in_queue: u64,
    status: RunStatus,
    status_timestamps: &'a StatusTimes,
    terraform_version: &'a str,
    variables: Vec<RunVariable>,
    permissions: Permissions,
}

/// Runs, for their description.
pub const RUN: ResourceType = ResourceType::of::<RunAttributes<'static>>("runs");

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Actions {
    is_cancelable: bool,
    is_confirmable: bool,
    is_discardable: bool,
    is_force_cancelable: bool,
}

/// The viewer's rights: whoever sees a run has all that are served.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Permissions {
    can_apply: bool,
    can_cancel: bool,
    can_comment: bool,
    can_discard: bool,
    can_force_execute: bool,
    can_force_cancel: bool,
    can_override_policy_check: bool,
}

const OWNER: Permissions = Permissions {
    can_apply: true,
    can_cancel: true,
    can_comment: true,
    can_discard: true,
    can_force_execute: true,
    can_force_cancel: true,
    can_override_policy_check: false,
};

fn attributes(
    run: &Run,
    variables: Vec<RunVariable>,
    position_in_queue: u64,
    now: Time,
) -> RunAttributes<'_> {
    RunAttributes {
        actions: Actions {
            is_cancelable: run.status.is_cancelable(run.force_cancel_available_at.is_some()),
            is_confirmable: run.status.is_confirmable(),
            is_discardable: run.status.is_discardable(),
            is_force_cancelable: is_force_cancelable(
                run.status,
                run.force_cancel_available_at.map(Time),
                now,
            ),
        },
        allow_config_generation: run.mode.allow_config_generation,
        allow_empty_apply: run.allow_empty_apply,
        auto_apply: run.auto_apply,
        debugging_mode: run.mode.debugging_mode,
        canceled_at: run.canceled_at.map(Time),
        force_cancel_available_at: run.force_cancel_available_at.map(Time),
        created_at: run.created_at,
        updated_at: run.updated_at,
        has_changes: run.has_changes,
        is_destroy: run.is_destroy,
        message: &run.message,
        plan_only: run.plan_only,
        save_plan: run.mode.save_plan,
        refresh: run.mode.refresh,
        refresh_only: run.mode.refresh_only,
        replace_addrs: &run.mode.replace_addrs,
        target_addrs: &run.mode.target_addrs,
        invoke_action_addrs: None,
        policy_paths: None,
        source: &run.source,
        trigger_reason: &run.trigger_reason,
        triggering_source_name: run.triggering_workspace_name.as_deref(),
        position_in_queue,
        status: run.status,
        status_timestamps: &run.status_times,
        terraform_version: run.engine_version.as_deref().unwrap_or(&run.terraform_version),
        variables,
        permissions: OWNER,
    }
}

/// The resource, with its place in the queue of its organization, where that is known.
pub fn resource(app: &App, run: &Run, position_in_queue: u64) -> ApiResult<Resource> {
    let user = |id: &Option<String>| Relationship::One(id.as_ref().map(|id| ResourceId::new("users", id)));
    let other =
        |kind, id: &Option<String>| Relationship::One(id.as_ref().map(|id| ResourceId::new(kind, id)));
    let own = format!("/api/v2/runs/{}", run.id);
    let at = |kind, id: String, name: &str| {
        Relationship::OneAt(Some(ResourceId::new(kind, id)), format!("{own}/{name}"))
    };
    let configuration =
        at("configuration-versions", (&run.configuration_version_id).into(), "configuration-version");
    let events = run.event_ids.as_deref().unwrap_or_default().split(',').filter(|id| !id.is_empty());
    let events = events.map(|id| ResourceId::new("run-events", id)).collect();
    Ok(Resource::new(
        "runs",
        &run.id,
        &attributes(run, open_own_variables(app, run)?, position_in_queue, app.clock.now()),
    )
    .relate("workspace", Relationship::to("workspaces", &run.workspace_id))
    .relate("configuration-version", configuration)
    .relate("plan", at("plans", (&run.plan_id).into(), "plan"))
    .relate("apply", Relationship::to("applies", &run.apply_id))
    .relate("created-by", user(&run.created_by))
    .relate("confirmed-by", user(&run.confirmed_by))
    .relate("canceled-by", user(&run.canceled_by))
    .relate("triggering-run", other("runs", &run.triggering_run_id))
    .relate("triggering-source", other("workspaces", &run.triggering_workspace_id))
    .relate("cost-estimate", Relationship::One(None))
    .relate("policy-checks", Relationship::Many(Vec::new()))
    .relate("task-stages", Relationship::Many(Vec::new()))
    .relate("run-events", Relationship::Many(events))
    .relate("comments", Relationship::At(format!("{own}/comments")))
    .link("self", own))
}
