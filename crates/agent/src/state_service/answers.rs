//! The documents the engine reads.

use serde_json::{Value, json};

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

/// An error document.
pub(super) fn error(status: u16, title: &str, detail: &str) -> Value {
    json!({"errors": [{"status": status.to_string(), "title": title, "detail": detail}]})
}
