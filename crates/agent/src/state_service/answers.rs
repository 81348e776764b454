//! The documents the engine reads.

use serde_json::{Value, json};

use super::ledger::Version;
use crate::supervisor::spec::StateWorkspace;

/// `organizations/:organization/entitlement-set`: no remote operations, so that everything runs in the engine.
pub(super) fn entitlement_set(workspace: &StateWorkspace) -> Value {
    json!({"data": {
        "id": workspace.organization,
        "type": "entitlement-sets",
        "attributes": {"operations": false, "state-storage": true, "private-module-registry": false},
    }})
}

/// The one workspace of the run.
pub(super) fn workspace(workspace: &StateWorkspace, is_locked: bool) -> Value {
    json!({"data": {
        "id": workspace.id,
        "type": "workspaces",
        "attributes": {
            "name": workspace.name,
            "locked": is_locked,
            "execution-mode": "local",
            "operations": false,
            "auto-apply": false,
            "terraform-version": "latest",
            "working-directory": "",
            "structured-run-output-enabled": false,
            "vcs-repo": null,
            "permissions": {
                "can-lock": true,
                "can-unlock": true,
                "can-force-unlock": false,
                "can-queue-run": true,
                "can-read-settings": true,
                "can-update": false,
                "can-read-variable": true,
                "can-read-state-versions": true,
                "can-create-state-versions": true,
            },
        },
        "relationships": {
            "organization": {"data": {"id": workspace.organization, "type": "organizations"}},
        },
    }})
}

/// A state: where it is read, and for one that is still to come, where it goes.
pub(super) fn state_version(workspace: &StateWorkspace, version: &Version, origin: &str) -> Value {
    let is_there = version.path.is_some();
    let id = &version.id;
    let upload = |what| {
        (!version.secret.is_empty()).then(|| format!("{origin}/uploads/{id}/{}/{what}", version.secret))
    };
    json!({"data": {
        "id": id,
        "type": "state-versions",
        "attributes": {
            "serial": version.serial,
            "md5": version.md5,
            "lineage": version.lineage,
            "status": if is_there { "finalized" } else { "pending" },
            "resources-processed": is_there,
            "hosted-state-download-url": is_there.then(|| format!("{origin}/api/v2/state-versions/{id}/download")),
            "hosted-state-upload-url": upload("state"),
            "hosted-json-state-upload-url": upload("json"),
        },
        "relationships": {
            "run": {"data": {"id": workspace.run_id, "type": "runs"}},
            "workspace": {"data": {"id": workspace.id, "type": "workspaces"}},
        },
    }})
}

/// An error document.
pub(super) fn error(status: u16, title: &str, detail: &str) -> Value {
    json!({"errors": [{"status": status.to_string(), "title": title, "detail": detail}]})
}
