//! Which configuration a new run plans, and whether it may ever be applied.

use super::NewRun;
use crate::configuration_versions::model::ConfigurationStatus;
use crate::configuration_versions::store::{self, ConfigurationVersion};
use crate::ids::ConfigurationVersionId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::workspaces::store::Workspace;

/// The configuration a run plans: the one asked for, else the workspace's current one, else the latest uploaded.
pub(super) async fn usable_configuration(
    tx: &mut Tx,
    workspace: &Workspace,
    asked: Option<&ConfigurationVersionId>,
) -> ApiResult<ConfigurationVersion> {
    let missing = || {
        let detail = "Configuration version is missing: upload one to the workspace first, or name one of this organization";
        ApiError::invalid_relationship("configuration-version", detail)
    };
    let found = match asked {
        Some(id) => store::in_organization(&mut *tx, id, &workspace.organization_id).await?,
        None => {
            let current = match &workspace.current_configuration_version_id {
                Some(id) => store::find(&mut *tx, &id.clone().into()).await?,
                None => None,
            };
            // One that waits for its archive is current already, and holds nobody up.
            let is_there = |version: &ConfigurationVersion| version.status == ConfigurationStatus::Uploaded;
            match current.filter(is_there) {
                Some(current) => Some(current),
                None => store::latest_uploaded(&mut *tx, &workspace.id).await?,
            }
        }
    };
    let found = found.ok_or_else(missing)?;
    if found.status == ConfigurationStatus::Uploaded {
        return promoted(tx, workspace, found).await;
    }
    let detail = format!("the configuration version is {}, it must be uploaded first", found.status.as_str());
    Err(ApiError::invalid_relationship("configuration-version", detail))
}

/// One of another workspace is held: who archives it has that workspace's row and not this one's.
async fn promoted(
    tx: &mut Tx,
    workspace: &Workspace,
    found: ConfigurationVersion,
) -> ApiResult<ConfigurationVersion> {
    if found.workspace_id == workspace.id || store::hold(tx, &found.id, found.status).await? {
        return Ok(found);
    }
    let detail = "the configuration version has just been archived; upload it again";
    Err(ApiError::invalid_relationship("configuration-version", detail))
}

/// Whether a run is plan-only: by default as its configuration says.
pub(super) fn plan_only(new: &NewRun, speculative: bool) -> ApiResult<bool> {
    match new.plan_only {
        Some(false) if speculative => Err(ApiError::invalid_attribute(
            "plan-only",
            "runs of a speculative configuration version are plan-only",
        )),
        Some(plan_only) => Ok(plan_only),
        None => Ok(speculative),
    }
}
