//! How an engine of a version finds the run's state service.
//!
//! | engine | block | the service is found by |
//! |---|---|---|
//! | OpenTofu, Terraform from 1.1 | `cloud` | a logical host, led to loopback by the CLI configuration |
//! | Terraform 0.13 to 1.0 | `backend "remote"` | the same |
//! | Terraform before 0.13 | `backend "http"` | an address of its own, see [`StateAddress`] |
//!
//! Terraform 0.12 plans and applies with `remote`, too, but then its `show -json` refuses to work.

use std::net::{Ipv4Addr, SocketAddrV4};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use terrane_wire::{Engine, Job, Secret, WorkspaceInfo};

use super::LOGICAL_HOST;

/// The port of every [`StateAddress`]: outside of what the system gives away by itself.
const PORT: u16 = 18_311;
/// The user's name of every [`StateAddress`].
pub(crate) const STATE_USER: &str = "terrane";

/// Which block an engine understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateBlock {
    Cloud,
    Remote,
    Http,
}

/// Where an engine that knows no logical hosts finds the state of its run. It writes this into the plan file, so it is
/// made from the run alone: the same for plan and apply, on any machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StateAddress {
    /// A loopback address that hardly another run has.
    pub(crate) socket: SocketAddrV4,
    /// Who knows it may read and write this run's state.
    pub(crate) password: Secret,
}

impl StateAddress {
    /// The address of a job's run, where its engine needs one.
    pub(crate) fn of(job: &Job) -> Option<Self> {
        (StateBlock::of(&job.engine) == StateBlock::Http).then(|| {
            let digest = Sha256::digest(&job.run_id);
            // Not 127.0.x.y, where other programs listen.
            let host = Ipv4Addr::new(127, digest[0].clamp(1, 254), digest[1], digest[2].clamp(1, 254));
            Self { socket: SocketAddrV4::new(host, PORT), password: job.run_secret.clone() }
        })
    }
}

impl StateBlock {
    pub(crate) fn of(engine: &Engine) -> Self {
        if engine.is_at_least([1, 1, 0]) {
            Self::Cloud
        } else if engine.is_at_least([0, 13, 0]) {
            Self::Remote
        } else {
            Self::Http
        }
    }

    /// Whether the engine's own workspace has the workspace's name; elsewhere it is `default`.
    pub(crate) fn has_workspace_names(self) -> bool {
        self == Self::Cloud
    }
}

/// The block that replaces the configuration's own.
pub(crate) fn state_block(job: &Job) -> Value {
    let WorkspaceInfo { name, organization, .. } = &job.workspace;
    let named = json!({
        "hostname": LOGICAL_HOST,
        "organization": organization,
        "workspaces": {"name": name},
    });
    match StateAddress::of(job) {
        Some(StateAddress { socket, password }) => json!({"backend": {"http": {
            "address": format!("http://{socket}/state"),
            "username": STATE_USER,
            "password": password.expose(),
        }}}),
        None if StateBlock::of(&job.engine) == StateBlock::Remote => json!({"backend": {"remote": named}}),
        None => json!({ "cloud": named }),
    }
}

#[cfg(test)]
mod tests {
    use super::StateBlock::{self, Cloud, Http, Remote};
    use terrane_wire::{Engine, EngineKind};

    #[test]
    fn each_version_has_its_block() {
        let block = |kind, version: &str| StateBlock::of(&Engine { kind, version: version.to_owned() });
        for (version, expected) in [
            ("0.11.15", Http),
            ("0.12.31", Http),
            ("0.13.0", Remote),
            ("0.13.0-beta1", Remote),
            ("1.0.11", Remote),
            ("1.1.0", Cloud),
            ("1.14.0", Cloud),
        ] {
            assert_eq!(block(EngineKind::Terraform, version), expected, "{version}");
        }
        assert_eq!(block(EngineKind::Tofu, "1.6.0"), Cloud);
    }
}
