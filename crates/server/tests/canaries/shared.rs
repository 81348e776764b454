//! What routes want that no case has: objects of the site and of the organization.

use crate::canary::{Canary, Kind, canary};
use crate::case::{Ids, send_state};
use serde_json::json;
use terrane_testkit::{TestServer, body};

/// These objects.
#[derive(Debug)]
pub struct Site {
    pub ids: Ids,
    pub secrets: Vec<Canary>,
}

/// Makes them.
pub async fn make(server: &TestServer) -> Site {
    let owner = &server.owner;
    let user = owner.get("/account/details").await.id();
    let wish = body("authentication-tokens", &json!({ "description": "spare" }));
    let token = owner.post(&format!("/users/{user}/authentication-tokens"), &wish).await.expect_status(201);
    let version = body("terraform-versions", &json!({ "version": "1.5.7" }));
    let version = server.admin.post("/admin/terraform-versions", &version).await.expect_status(201);
    let (target, source) = (owner.workspace("target").await, owner.workspace("source").await);
    let wish = json!({ "data": { "relationships": { "sourceable": { "data": { "type": "workspaces", "id": source } } } } });
    let trigger = owner.post(&format!("/workspaces/{target}/run-triggers"), &wish).await.expect_status(201);
    let tags = json!({ "data": [{ "type": "tags", "attributes": { "name": "prod" } }] });
    owner.post(&format!("/workspaces/{target}/relationships/tags"), &tags).await.expect_status(204);
    let deleted = canary(Kind::Deleted);
    let workspace = owner.workspace("deleted").await;
    let project =
        owner.get(&format!("/workspaces/{workspace}")).await.at("/data/relationships/project/data/id");
    send_state(owner, &workspace, &deleted.text, "nothing").await;
    owner.delete(&format!("/workspaces/{workspace}")).await.expect_status(204);
    let items = owner.get("/organizations/acme/recoverable-items").await.expect_status(200);
    let ids = Ids::from([
        ("organization", "acme".to_owned()),
        ("user_id", user),
        ("token_id", token.id()),
        ("terraform_version_id", version.id()),
        ("run_trigger_id", trigger.id()),
        ("project_id", project.as_str().unwrap().to_owned()),
        ("recoverable_item_id", items.at("/data/0/id").as_str().unwrap().to_owned()),
    ]);
    Site { ids, secrets: vec![deleted] }
}
