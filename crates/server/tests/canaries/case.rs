//! One case: a workspace with secrets, and what it has.

use crate::canary::{Canary, Kind, canary};
use serde_json::{Value, json};
use std::collections::HashMap;
use terrane_testkit::{Actor, LINEAGE, Run, body, state_body};

/// One object of each kind, by the names that routes give them in their paths.
pub type Ids = HashMap<&'static str, String>;

/// A workspace, and what was planted in it.
#[derive(Debug)]
pub struct Case {
    pub secrets: Vec<Canary>,
    pub ids: Ids,
    /// Finished ones first: of those every route answers.
    pub runs: Vec<Run>,
}

/// How a sensitive variable is made.
const VARIABLES: [(Kind, &str, &str, bool); 5] = [
    (Kind::Text, "text", "terraform", false),
    (Kind::Hcl, "object", "terraform", true),
    (Kind::Environment, "ENVIRONMENT", "env", false),
    (Kind::Lines, "lines", "terraform", false),
    (Kind::Long, "long", "terraform", false),
];

impl Case {
    /// A workspace with sensitive variables, a variable set, an ssh key and a state.
    pub async fn new(owner: &Actor, number: usize, attributes: &Value) -> Self {
        let mut wish = json!({ "name": format!("case-{number}") });
        wish.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let workspace = owner.workspace_with(&wish).await;
        let name = wish["name"].as_str().unwrap().to_owned();
        let ids = Ids::from([("workspace_id", workspace), ("workspace", name)]);
        let mut case = Self { secrets: Vec::new(), ids, runs: Vec::new() };
        case.variables(owner).await;
        case.ssh_key(owner, number).await;
        case.variable_set(owner, number).await;
        case.state(owner).await;
        case
    }

    /// The workspace's id.
    pub fn workspace(&self) -> &str {
        &self.ids["workspace_id"]
    }

    /// Plants one more.
    pub fn plant(&mut self, kind: Kind) -> String {
        let canary = canary(kind);
        self.secrets.push(canary.clone());
        canary.text
    }

    async fn variables(&mut self, owner: &Actor) {
        for (kind, key, category, hcl) in VARIABLES {
            let value = self.plant(kind);
            let wish =
                json!({ "key": key, "value": value, "category": category, "hcl": hcl, "sensitive": true });
            let made = owner.variable(self.workspace(), &wish).await;
            self.ids.insert("variable_id", made.id());
        }
    }

    async fn ssh_key(&mut self, owner: &Actor, number: usize) {
        let wish = json!({ "name": format!("key-{number}"), "value": self.plant(Kind::SshKey) });
        let made = owner.post("/organizations/acme/ssh-keys", &body("ssh-keys", &wish)).await;
        let id = made.expect_status(201).id();
        let path = format!("/workspaces/{}/relationships/ssh-key", self.workspace());
        owner.patch(&path, &body("workspaces", &json!({ "id": id }))).await.expect_status(200);
        self.ids.insert("ssh_key_id", id);
    }

    async fn variable_set(&mut self, owner: &Actor, number: usize) {
        let attributes = json!({ "key": "of_set", "value": self.plant(Kind::OfSet), "category": "terraform", "sensitive": true });
        let made = json!({ "data": { "type": "varsets", "attributes": { "name": format!("set-{number}") },
            "relationships": {
                "workspaces": { "data": [{ "type": "workspaces", "id": self.workspace() }] },
                "vars": { "data": [{ "type": "vars", "attributes": attributes }] } } } });
        let made = owner.post("/organizations/acme/varsets", &made).await.expect_status(201);
        let variable = made.at("/data/relationships/vars/data/0/id");
        self.ids.insert("varset_variable_id", variable.as_str().unwrap().to_owned());
        self.ids.insert("varset_id", made.id());
    }

    /// As a client sends it, with the outputs beside it.
    async fn state(&mut self, owner: &Actor) {
        let (output, resource) = (self.plant(Kind::StateOutput), self.plant(Kind::StateResource));
        let id = send_state(owner, self.workspace(), &output, &resource).await;
        let outputs = owner.get(&format!("/state-versions/{id}/outputs")).await.expect_status(200);
        let output = outputs.at("/data/0/id").as_str().unwrap().to_owned();
        self.ids.extend([("state_version_id", id), ("state_version_output_id", output)]);
    }

    /// Notes a run and what belongs to it.
    pub async fn note(&mut self, owner: &Actor, run: Run) {
        let read = owner.get(&format!("/runs/{}", run.id)).await.expect_status(200);
        let related = |name: &str| read.at(&format!("/data/relationships/{name}/data/id"));
        let related = |name: &str| related(name).as_str().unwrap().to_owned();
        if self.runs.is_empty() {
            let comments = format!("/runs/{}/comments", run.id);
            let wish = body("comments", &json!({ "body": "fine" }));
            let comment = owner.post(&comments, &wish).await.expect_status(201).id();
            let events = owner.get(&format!("/runs/{}/run-events", run.id)).await.expect_status(200);
            self.ids.extend([
                ("run_id", run.id.clone()),
                ("comment_id", comment),
                ("plan_id", run.plan.clone()),
                ("apply_id", related("apply")),
                ("configuration_version_id", related("configuration-version")),
                ("run_event_id", events.at("/data/0/id").as_str().unwrap().to_owned()),
            ]);
        }
        self.runs.push(run);
    }
}

/// Sends a first state with a sensitive output and a resource; the state version's id.
pub async fn send_state(owner: &Actor, workspace: &str, output: &str, resource: &str) -> String {
    let outputs = json!({ "password": { "value": output, "type": "string", "sensitive": true } });
    let value = json!({ "value": resource, "type": "string" });
    let attributes = json!({ "id": "1", "input": value, "output": value, "triggers_replace": null });
    let sensitive = ["input", "output"].map(|name| json!([{ "type": "get_attr", "value": name }]));
    let state = json!({ "version": 4, "terraform_version": "1.1.0", "serial": 1, "lineage": LINEAGE,
        "outputs": outputs, "resources": [{ "mode": "managed", "type": "terraform_data", "name": "old",
            "provider": "provider[\"terraform.io/builtin/terraform\"]", "instances": [
                { "schema_version": 0, "attributes": attributes, "sensitive_attributes": sensitive }] }] });
    let path = |action: &str| format!("/workspaces/{workspace}/{action}");
    owner.post(&path("actions/lock"), &json!({})).await.expect_status(200);
    let wish = state_body(1, Some(LINEAGE), state.to_string().as_bytes());
    let made = owner.post(&path("state-versions"), &wish).await.expect_status(201);
    owner.post(&path("actions/unlock"), &json!({})).await.expect_status(200);
    made.id()
}
