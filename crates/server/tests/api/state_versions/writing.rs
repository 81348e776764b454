//! What the tests of states do again and again.

use serde_json::{Value, json};
use terrane_server::ids::{RunId, StateVersionId, WorkspaceId};
use terrane_server::state_versions::{NewFromRun, contents, insert_from_run};
use terrane_testkit::{Actor, Answer, LINEAGE, TestServer, md5_hex, state_body};

pub async fn lock(actor: &Actor, workspace: &str) {
    actor.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({})).await.expect_status(200);
}

pub async fn unlock(actor: &Actor, workspace: &str) -> Answer {
    actor.post(&format!("/workspaces/{workspace}/actions/unlock"), &json!({})).await
}

/// Sends a body to where state versions are made.
pub async fn post(actor: &Actor, workspace: &str, body: &Value) -> Answer {
    actor.post(&format!("/workspaces/{workspace}/state-versions"), body).await
}

/// Sends a whole state.
pub async fn write(actor: &Actor, workspace: &str, serial: i64, state: &[u8]) -> Answer {
    post(actor, workspace, &state_body(serial, Some(LINEAGE), state)).await
}

pub async fn current(actor: &Actor, workspace: &str) -> Answer {
    actor.get(&format!("/workspaces/{workspace}/current-state-version")).await
}

/// A state version that waits for its bytes.
pub struct Pending {
    pub id: String,
    pub state_url: String,
    pub json_url: String,
}

impl Pending {
    /// Announces a state.
    pub async fn announce(actor: &Actor, workspace: &str, serial: i64, state: &[u8]) -> Self {
        let attributes = json!({ "serial": serial, "lineage": LINEAGE, "md5": md5_hex(state) });
        let body = json!({ "data": { "type": "state-versions", "attributes": attributes } });
        let made = post(actor, workspace, &body).await.expect_status(201);
        assert_eq!(made.attribute("status"), "pending");
        let url = |name: &str| made.attribute(name).as_str().expect("an upload URL").to_owned();
        Self {
            id: made.id(),
            state_url: url("hosted-state-upload-url"),
            json_url: url("hosted-json-state-upload-url"),
        }
    }

    pub async fn status(&self, actor: &Actor) -> Value {
        actor.get(&format!("/state-versions/{}", self.id)).await.expect_status(200).attribute("status")
    }
}

/// A plan-only run in a workspace.
pub async fn run_in(actor: &Actor, workspace: &str) -> String {
    let configuration = actor.configuration(workspace, crate::support::creates(1)).await;
    actor.run_of(workspace, &configuration, &json!({ "plan-only": true })).await.id
}

/// What the end of an apply does with a state; the state version's id.
pub async fn from_run(
    server: &TestServer,
    workspace: &str,
    run: &str,
    sequence: i64,
    serial: i64,
    state: &[u8],
) -> StateVersionId {
    let app = server.app();
    let object =
        app.blobs.put(terrane_blob::ObjectId::random(), state.to_vec().into()).await.expect("it is stored");
    let (workspace, run) = (WorkspaceId::from(workspace.to_owned()), RunId::from(run.to_owned()));
    let new = NewFromRun {
        workspace_id: &workspace,
        run_id: &run,
        sequence,
        object: &object,
        json_object: None,
        serial,
        lineage: Some(LINEAGE),
        md5: &md5_hex(state),
        contents: &contents::read(state).expect("a state"),
    };
    let mut tx = app.db.begin().await.expect("a transaction");
    let version = insert_from_run(app, &mut tx, new).await.expect("it is kept");
    tx.commit().await.expect("it is durable");
    version.id
}
