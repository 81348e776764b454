//! A new run.

use super::lines;
use crate::clock::Time;
use crate::ids::{ConfigurationVersionId, OrganizationId, RunId, UserId, WorkspaceId};
use crate::plans::model::EngineName;
use crate::platform::db::{DbError, Exec, Tx, sql};
use crate::run_events;
use crate::runs::mode::Mode;
use crate::runs::model::RunStatus;

const INSERT: &str = "INSERT INTO runs (id, workspace_id, configuration_version_id, status, status_times, message, source, \
     trigger_reason, is_destroy, plan_only, auto_apply, allow_empty_apply, engine, terraform_version, working_directory, \
     variables_sealed, own_variables_sealed, creation_digest, has_changes, created_by, created_at, updated_at, \
     refresh, refresh_only, save_plan, allow_config_generation, debugging_mode, target_addrs, replace_addrs, operation, \
     organization_id) VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
     FALSE, $18, $19, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[INSERT];

/// A run about to be made, everything frozen.
#[derive(Debug)]
pub struct NewRow<'a> {
    /// The run.
    pub id: &'a RunId,
    /// Whose.
    pub workspace_id: &'a WorkspaceId,
    /// The workspace's organization.
    pub organization_id: &'a OrganizationId,
    /// Of which configuration.
    pub configuration_version_id: &'a ConfigurationVersionId,
    /// Said by its creator.
    pub message: &'a str,
    /// `tfe-api`, `terraform+cloud`, ….
    pub source: &'a str,
    /// Plans the destruction of everything.
    pub is_destroy: bool,
    /// Can never be applied.
    pub plan_only: bool,
    /// Needs no confirmation.
    pub auto_apply: bool,
    /// May be applied without changes.
    pub allow_empty_apply: bool,
    /// How it plans.
    pub mode: &'a Mode,
    /// Which engine.
    pub engine: EngineName,
    /// The version asked for.
    pub terraform_version: &'a str,
    /// Relative to the archive.
    pub working_directory: &'a str,
    /// Sealed: all variables.
    pub variables_sealed: Vec<u8>,
    /// Sealed: its creator's variables.
    pub own_variables_sealed: Vec<u8>,
    /// The same for a repeated request.
    pub creation_digest: Vec<u8>,
    /// By whom.
    pub created_by: &'a UserId,
}

/// Makes a run.
pub async fn insert(tx: &mut Tx, row: NewRow<'_>, now: Time) -> Result<(), DbError> {
    let operation = row.mode.operation(row.is_destroy, row.plan_only, row.allow_empty_apply);
    let query = sql(INSERT)
        .bind(row.id)
        .bind(row.workspace_id)
        .bind(row.configuration_version_id)
        .bind(lines(RunStatus::Pending, now))
        .bind(row.message)
        .bind(row.source)
        .bind("manual")
        .bind(row.is_destroy)
        .bind(row.plan_only)
        .bind(row.auto_apply)
        .bind(row.allow_empty_apply)
        .bind(row.engine)
        .bind(row.terraform_version)
        .bind(row.working_directory)
        .bind(row.variables_sealed)
        .bind(row.own_variables_sealed)
        .bind(row.creation_digest)
        .bind(row.created_by)
        .bind(now)
        .bind(row.mode.refresh)
        .bind(row.mode.refresh_only)
        .bind(row.mode.save_plan)
        .bind(row.mode.allow_config_generation)
        .bind(row.mode.debugging_mode)
        .bind(row.mode.target_addrs.stored())
        .bind(row.mode.replace_addrs.stored())
        .bind(operation)
        .bind(row.organization_id);
    tx.run(query).await?;
    run_events::store::insert(tx, row.id, RunStatus::Pending.event(), Some(row.created_by), now).await
}
