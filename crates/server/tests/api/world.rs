//! One of each object of an owner, for tests that visit every route.

use serde_json::json;
use std::collections::HashMap;
use terrane_testkit::{Actor, TestServer, body, state_file};

/// The ids of an owner's objects, by the names that routes give them in their paths.
#[derive(Debug, Clone)]
pub struct World {
    ids: HashMap<&'static str, String>,
}

impl World {
    /// Makes an organization of this name with a project, a workspace, a variable, a state, a configuration and a
    /// plan-only run of it.
    pub async fn of(owner: &Actor, organization: &str) -> Self {
        owner.organization(organization).await;
        let workspaces = format!("/organizations/{organization}/workspaces");
        let wish = body("workspaces", &json!({ "name": "net" }));
        let workspace = owner.post(&workspaces, &wish).await.expect_status(201);
        let project = text(&workspace.at("/data/relationships/project/data/id"));
        let workspace = workspace.id();
        let variable = owner
            .variable(&workspace, &json!({ "key": "region", "value": "north", "category": "terraform" }))
            .await;
        let (varset, varset_variable) = varset(owner, organization, &workspace).await;
        let mut sources = Vec::new();
        for name in ["source", "another-source"] {
            let wish = body("workspaces", &json!({ "name": name }));
            sources.push(owner.post(&workspaces, &wish).await.expect_status(201).id());
        }
        let (source, another) = (sources.remove(0), sources.remove(0));
        let trigger = crate::run_triggers::make(owner, &workspace, &source).await.expect_status(201);
        let configuration = described_configuration(owner, &workspace).await;
        let run = owner.run_of(&workspace, &configuration, &json!({ "plan-only": true })).await;
        let events = owner.get(&format!("/runs/{}/run-events", run.id)).await.expect_status(200);
        let apply = owner.apply(&run).await.id();
        let comments = format!("/runs/{}/comments", run.id);
        let comment =
            owner.post(&comments, &body("comments", &json!({ "body": "fine" }))).await.expect_status(201);
        let user = owner.get("/account/details").await.id();
        let wish = body("authentication-tokens", &json!({ "description": "spare" }));
        let tokens = format!("/users/{user}/authentication-tokens");
        let token = owner.post(&tokens, &wish).await.expect_status(201);
        let tags = json!({ "data": [{ "type": "tags", "attributes": { "name": "prod" } }] });
        owner.post(&format!("/workspaces/{workspace}/relationships/tags"), &tags).await.expect_status(204);
        let tag = owner.get(&format!("/organizations/{organization}/tags")).await.expect_status(200);
        let wish = body("ssh-keys", &json!({ "name": "deploy", "value": "a private key" }));
        let ssh_key = owner.post(&format!("/organizations/{organization}/ssh-keys"), &wish).await;
        let state_version = owner.state(&workspace, 1, &state_file(1)).await;
        let outputs = owner.get(&format!("/state-versions/{state_version}/outputs")).await.expect_status(200);
        let recoverable_item = deleted_workspace(owner, organization).await;
        let ids = HashMap::from([
            ("organization", organization.to_owned()),
            ("workspace", "net".to_owned()),
            ("workspace_id", workspace),
            ("project_id", project),
            ("variable_id", variable.id()),
            ("run_trigger_id", trigger.id()),
            ("another_source_id", another),
            ("varset_id", varset),
            ("varset_variable_id", varset_variable),
            ("configuration_version_id", configuration),
            ("run_id", run.id),
            ("plan_id", run.plan),
            ("apply_id", apply),
            ("comment_id", comment.id()),
            ("run_event_id", text(&events.at("/data/0/id"))),
            ("recoverable_item_id", recoverable_item),
            ("state_version_id", state_version),
            ("state_version_output_id", text(&outputs.at("/data/0/id"))),
            ("tag_id", text(&tag.at("/data/0/id"))),
            ("ssh_key_id", ssh_key.expect_status(201).id()),
            ("user_id", user),
            ("token_id", token.id()),
            // Nobody but the agent knows the ids of jobs, and what they are.
            ("job_id", "job-1111111111111111".to_owned()),
            // The site's, made where it is needed.
            ("terraform_version_id", "tool-1111111111111111".to_owned()),
            ("sequence", "0".to_owned()),
            // Whoever has it needs nothing else.
            ("invitation", "1111111111111111".to_owned()),
            // What a signed URL carries instead of an id.
            ("token", "AAAA.AAAA".to_owned()),
        ]);
        Self { ids }
    }

    /// The same with a version of the catalogue, which belongs to the site.
    pub async fn with_version(mut self, admin: &Actor) -> Self {
        let wish = body("terraform-versions", &json!({ "version": "1.5.7" }));
        let made = admin.post("/admin/terraform-versions", &wish).await.expect_status(201);
        self.ids.insert("terraform_version_id", made.id());
        self
    }

    /// One object's id.
    pub fn id(&self, parameter: &str) -> &str {
        self.ids
            .get(parameter)
            .unwrap_or_else(|| panic!("a route has a new parameter {parameter:?}: give it an object here"))
    }

    /// A path of the route table with its parameters filled in; `replaced` wins over the owner's objects.
    pub fn path(&self, route: &str, replaced: &[(&str, &str)]) -> String {
        let parts = route.split('/').map(|part| {
            let Some(name) = parameter(part) else { return part };
            let other = replaced.iter().find(|(replaced, _)| *replaced == name);
            other.map_or_else(|| self.id(name), |(_, value)| value)
        });
        let path = parts.collect::<Vec<_>>().join("/");
        // The lists whose scope stands in their query.
        if route == "/api/v2/runs" {
            return format!("{path}?workspace_id={}", self.id("workspace_id"));
        }
        if route == "/api/v2/workspaces/{workspace_id}/run-triggers" {
            return format!("{path}?filter[run-trigger][type]=inbound");
        }
        if route != "/api/v2/state-versions" {
            return path;
        }
        let (workspace, organization) = (self.id("workspace"), self.id("organization"));
        format!("{path}?filter[workspace][name]={workspace}&filter[organization][name]={organization}")
    }

    /// The same run as the body of `POST /runs` wants it.
    pub fn run_body(&self) -> Vec<u8> {
        let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
        json!({ "data": { "type": "runs", "attributes": { "plan-only": true }, "relationships": {
            "workspace": related("workspaces", self.id("workspace_id")),
            "configuration-version": related("configuration-versions", self.id("configuration_version_id")) } } })
        .to_string()
        .into_bytes()
    }
}

/// An uploaded configuration of which version control says something.
async fn described_configuration(owner: &Actor, workspace: &str) -> String {
    let ingress = json!({ "data": { "type": "ingress-attributes", "attributes": { "commit-sha": "0a1b" } } });
    let wish = json!({ "data": { "attributes": { "auto-queue-runs": false },
        "relationships": { "ingress-attributes": ingress } } });
    let path = format!("/workspaces/{workspace}/configuration-versions");
    let made = owner.post(&path, &wish).await.expect_status(201);
    owner.put(&text(&made.attribute("upload-url")), crate::support::creates(1)).await.expect_status(200);
    made.id()
}

/// A variable set with a variable, applied to a workspace.
async fn varset(owner: &Actor, organization: &str, workspace: &str) -> (String, String) {
    let variable =
        json!({ "type": "vars", "attributes": { "key": "shared", "value": "1", "category": "env" } });
    let made = json!({ "data": { "type": "varsets", "attributes": { "name": "shared" }, "relationships": {
        "workspaces": { "data": [{ "type": "workspaces", "id": workspace }] }, "vars": { "data": [variable] } } } });
    let made = owner.post(&format!("/organizations/{organization}/varsets"), &made).await.expect_status(201);
    (made.id(), text(&made.at("/data/relationships/vars/data/0/id")))
}

/// What a workspace with a state leaves that is deleted.
async fn deleted_workspace(owner: &Actor, organization: &str) -> String {
    let path = format!("/organizations/{organization}");
    let wish = body("workspaces", &json!({ "name": "deleted" }));
    let workspace = owner.post(&format!("{path}/workspaces"), &wish).await.expect_status(201).id();
    owner.state(&workspace, 1, &state_file(1)).await;
    owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    text(&owner.get(&format!("{path}/recoverable-items")).await.expect_status(200).at("/data/0/id"))
}

/// The names of a path's parameters.
pub fn parameters(route: &str) -> Vec<&str> {
    route.split('/').filter_map(parameter).collect()
}

fn parameter(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A token of an agent.
pub async fn agent_token(server: &TestServer) -> String {
    let app = server.app();
    let text = terrane_server::tokens::embedded_agent_token(&app.db, "another", app.clock.now()).await;
    secrecy::ExposeSecret::expose_secret(&text.expect("a token can be made")).to_owned()
}

/// A token of the owner that has expired.
pub async fn expired_token(server: &TestServer) -> String {
    let user = server.owner.get("/account/details").await.id();
    let wish = body("authentication-tokens", &json!({ "expired-at": "2020-01-01T00:00:00Z" }));
    let made = server.owner.post(&format!("/users/{user}/authentication-tokens"), &wish).await;
    text(&made.expect_status(201).attribute("token"))
}
