//! States for tests.

use crate::actor::Actor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};

/// The lineage of [`state_file`].
pub const LINEAGE: &str = "4a1b6f0e-0000-4000-8000-3c5d7e9f1a2b";

/// A state as an engine writes it: three instances of managed resources, one data source, and the outputs `count` (a
/// number), `names` (a list) and `password` (sensitive).
pub fn state_file(serial: i64) -> Vec<u8> {
    let provider = "provider[\"terraform.io/builtin/terraform\"]";
    let state = json!({ "version": 4, "terraform_version": "1.12.6", "serial": serial, "lineage": LINEAGE,
        "outputs": {
            "count": { "value": 3, "type": "number" },
            "names": { "value": ["a", "b"], "type": ["list", "string"] },
            "password": { "value": "canary-of-an-output", "type": "string", "sensitive": true } },
        "resources": [
            { "mode": "managed", "type": "terraform_data", "name": "many", "provider": provider,
              "instances": [{ "index_key": 0, "attributes": { "input": "canary-of-a-resource" } }, { "index_key": 1 }] },
            { "module": "module.a[\"x\"]", "mode": "managed", "type": "terraform_data", "name": "one",
              "provider": provider, "instances": [{}] },
            { "mode": "data", "type": "terraform_remote_state", "name": "other", "provider": provider,
              "instances": [{}] }] });
    let mut bytes = serde_json::to_vec_pretty(&state).expect("a JSON value is JSON");
    bytes.push(b'\n');
    bytes
}

/// The checksum that the API wants.
pub fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The body that sends a state with the request.
pub fn state_body(serial: i64, lineage: Option<&str>, state: &[u8]) -> Value {
    json!({ "data": { "type": "state-versions", "attributes": {
        "serial": serial, "lineage": lineage, "md5": md5_hex(state), "state": STANDARD.encode(state) } } })
}

impl Actor {
    /// Writes a state into a workspace that nobody has locked; the state version's id.
    pub async fn state(&self, workspace: &str, serial: i64, state: &[u8]) -> String {
        let path = |action: &str| format!("/workspaces/{workspace}/{action}");
        self.post(&path("actions/lock"), &json!({})).await.expect_status(200);
        let body = state_body(serial, Some(LINEAGE), state);
        let made = self.post(&path("state-versions"), &body).await.expect_status(201);
        self.post(&path("actions/unlock"), &json!({})).await.expect_status(200);
        made.id()
    }
}
