//! Bad bodies on every route that takes a document: a refusal in JSON:API at once, never 5xx.

use super::{Gate, collects_garbage, gate};
use crate::direct::{Direct, Reply};
use crate::world::{World, agent_token};
use axum::http::Method;
use serde_json::{Value, json};
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{Engines, Setup, TestServer, on_both};

const LIMIT_BYTES: usize = 16 * 1024;

fn small_documents() -> Setup {
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.limits.document_bytes_max = LIMIT_BYTES;
            config.limits.state_document_bytes_max = LIMIT_BYTES;
        },
    }
}

/// The routes whose body is a document. What is put at a signed URL or appended to a log is bytes.
fn document_routes() -> Vec<Route> {
    let takes_document = |route: &Route| {
        matches!(route.method, Method::POST | Method::PATCH)
            || route.method == Method::PUT && !matches!(gate(route.needs), Gate::Signed | Gate::Agent)
    };
    let is_of_api = |route: &Route| !matches!(gate(route.needs), Gate::Page | Gate::Code);
    routes().into_iter().filter(takes_document).filter(is_of_api).collect()
}

/// The routes whose document is a list: an empty one is nothing to do.
fn takes_list(route: &Route) -> bool {
    matches!(route.operation, "updateVariables" | "applyVarsetToWorkspaces" | "applyVarsetToProjects")
}

/// The same, with the place of each item told in refusals.
fn takes_items(route: &Route) -> bool {
    let ends =
        ["/tag-bindings", "/relationships/tags", "/relationships/workspaces", "/remote-state-consumers"];
    !takes_list(route) && ends.iter().any(|end| route.path.ends_with(end))
}

struct Visit {
    direct: Direct,
    world: World,
    owner: String,
    admin: String,
    agent: String,
}

impl Visit {
    async fn new(server: &TestServer) -> Self {
        Self {
            direct: Direct::new(server),
            world: World::of(&server.owner, "north").await.with_version(&server.admin).await,
            owner: server.owner.token().to_owned(),
            admin: server.admin.token().to_owned(),
            agent: agent_token(server).await,
        }
    }

    async fn send(&self, route: &Route, body: &[u8]) -> Reply {
        let token = match gate(route.needs) {
            Gate::Agent => &self.agent,
            Gate::Admin => &self.admin,
            _ => &self.owner,
        };
        let path = self.world.path(route.path, &[]);
        self.direct.call(&route.method, &path, token, body).await.expect_civil()
    }
}

fn nested(depth: usize) -> String {
    format!(r#"{{"data":{{"attributes":{{"name":{}{}}}}}}}"#, "[".repeat(depth), "]".repeat(depth))
}

on_both!(what_is_no_document_is_400, small_documents(), |server| {
    let visit = Visit::new(server).await;
    let mut bodies: Vec<Vec<u8>> = [
        "{",
        "}",
        r#"{"data":"#,
        "nonsense",
        "[]",
        "[[[",
        "7",
        "null",
        "true",
        r#""text""#,
        r#"{"data":[]}"#,
        r#"{"data":"text"}"#,
        r#"{"data":7}"#,
        r#"{"data":{"type":7}}"#,
        r#"{"data":{"type":{}}}"#,
        "{'data':{}}",
        r#"{"data":{}} more"#,
        r#"{"data":{"attributes":{"name":1e999}}}"#,
        r#"{"data":{"attributes":{"name":"\ud800"}}}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    bodies.extend([nested(65), nested(100), nested(126), nested(4_000)].map(String::into_bytes));
    bodies.push(b"{\"data\":{\"attributes\":{\"name\":\"\xff\xfe\"}}}".to_vec());
    bodies.push(b"\x1f\x8b\x08\x00".to_vec());
    bodies.push(b"\0".to_vec());
    for route in document_routes() {
        for body in bodies.iter().filter(|body| !takes_list(&route) || *body != br#"{"data":[]}"#) {
            let reply = visit.send(&route, body).await;
            if takes_items(&route) && body == br#"{"data":[]}"# {
                assert!(matches!(reply.status, 200 | 204), "{}", reply.describe());
                continue;
            }
            assert_eq!(reply.status, 400, "{}", reply.describe());
        }
    }
});

on_both!(a_body_over_the_limit_is_413, small_documents(), |server| {
    let visit = Visit::new(server).await;
    // Agents have a limit of their own.
    for route in document_routes() {
        let size = match gate(route.needs) {
            Gate::Agent if route.operation == "reportJob" => 4 * 1024 * 1024,
            Gate::Agent => 300 * 1024,
            _ => LIMIT_BYTES + 1,
        };
        let text = json!({ "data": { "attributes": { "description": "x".repeat(size) } } }).to_string();
        let reply = visit.send(&route, text.as_bytes()).await;
        assert_eq!(reply.status, 413, "{}", reply.describe());
        let reply = visit.send(&route, &vec![b' '; size]).await;
        assert_eq!(reply.status, 413, "{}", reply.describe());
    }
});

/// Every attribute a body may name, each with this value.
fn every_attribute(value: &Value) -> Value {
    const NAMES: [&str; 67] = [
        "name",
        "email",
        "session-timeout",
        "session-remember",
        "collaborator-auth-policy",
        "description",
        "engine",
        "terraform-version",
        "working-directory",
        "source-name",
        "source-url",
        "auto-apply",
        "auto-apply-run-trigger",
        "allow-destroy-plan",
        "queue-all-runs",
        "speculative-enabled",
        "file-triggers-enabled",
        "global-remote-state",
        "trigger-prefixes",
        "trigger-patterns",
        "execution-mode",
        "operations",
        "key",
        "value",
        "category",
        "hcl",
        "sensitive",
        "global",
        "priority",
        "auto-queue-runs",
        "speculative",
        "provisional",
        "message",
        "is-destroy",
        "plan-only",
        "allow-empty-apply",
        "variables",
        "target-addrs",
        "refresh",
        "expired-at",
        "reason",
        "serial",
        "md5",
        "lineage",
        "force",
        "state",
        "json-state",
        "json-state-outputs",
        "project-remote-state",
        "assessments-enabled",
        "structured-run-output-enabled",
        "setting-overwrites",
        "agent-pool-id",
        "auto-destroy-at",
        "auto-destroy-activity-duration",
        "inherits-project-auto-destroy",
        "vcs-repo",
        "default-execution-mode",
        "default-agent-pool-id",
        "cost-estimation-enabled",
        "speculative-plan-management-enabled",
        "aggregated-commit-status-enabled",
        "send-passing-statuses-for-untriggered-speculative-plans",
        "assessments-enforced",
        "allow-force-delete-workspaces",
        "workspaces",
        "tags",
    ];
    NAMES.iter().map(|name| ((*name).to_owned(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

fn takes_attributes(route: &Route) -> bool {
    let takes_a_relationship =
        matches!(route.operation, "rollbackStateVersion" | "createRunTrigger" | "assignWorkspaceSshKey");
    gate(route.needs) != Gate::Agent
        && !route.path.contains("/actions/")
        && !takes_a_relationship
        && !takes_list(route)
        && !takes_items(route)
}

on_both!(wrong_types_are_422_with_their_place, small_documents(), |server| {
    let visit = Visit::new(server).await;
    let wrong = [json!(7.5), json!({ "a": 1 }), json!([{}]), json!([[null]])];
    for route in document_routes().into_iter().filter(takes_attributes) {
        for value in &wrong {
            let mut body = json!({ "data": { "attributes": every_attribute(value) } });
            if gate(route.needs) == Gate::InBody {
                body["data"]["relationships"] = own_workspace(&visit.world);
            }
            let reply = visit.send(&route, body.to_string().as_bytes()).await;
            assert_eq!(reply.status, 422, "{}", reply.describe());
            assert!(reply.text().contains(r#""pointer":"/data/attributes/"#), "{}", reply.describe());
        }
        for body in [
            json!({ "data": { "attributes": "text" } }),
            json!({ "data": { "attributes": [] } }),
            json!({ "data": { "attributes": 7 } }),
            json!({ "data": { "relationships": [] } }),
            json!({ "data": { "relationships": "text" } }),
            json!({ "data": { "type": "bananas" } }),
        ] {
            let reply = visit.send(&route, body.to_string().as_bytes()).await;
            assert_eq!(reply.status, 422, "{}", reply.describe());
        }
    }
});

fn own_workspace(world: &World) -> Value {
    json!({ "workspace": { "data": { "type": "workspaces", "id": world.id("workspace_id") } } })
}

on_both!(lists_of_every_wrong_shape_are_refused_at_their_place, small_documents(), |server| {
    let visit = Visit::new(server).await;
    for route in document_routes().into_iter().filter(takes_items) {
        for (body, place) in [
            (json!({ "data": [7] }), "/data/0"),
            (json!({ "data": ["text"] }), "/data/0"),
            (json!({ "data": [null] }), "/data/0"),
            (json!({ "data": [{ "id": 7 }] }), "/data/0"),
            (json!({ "data": [{ "type": "x", "attributes": [] }] }), "/data/0"),
            (json!({ "data": [{}] }), "/data/0"),
            (json!({ "data": [{ "attributes": { "key": 7, "name": 7 } }] }), "/data/0"),
            (json!({ "data": [{ "attributes": { "key": "", "name": "" } }] }), "/data/0"),
            (json!({ "data": [{ "attributes": { "key": "a b", "name": "a b" } }] }), "/data/0"),
        ] {
            let reply = visit.send(&route, body.to_string().as_bytes()).await;
            assert_eq!(reply.status, 422, "{}", reply.describe());
            assert!(reply.text().contains(&format!(r#""pointer":"{place}"#)), "{}", reply.describe());
        }
        for (id, status) in [("nothing", [403, 422]), ("ws-1111111111111111", [403, 422])] {
            let body = json!({ "data": [{ "type": "x", "id": id }] });
            let reply = visit.send(&route, body.to_string().as_bytes()).await;
            assert!(status.contains(&reply.status), "{}", reply.describe());
        }
        let many = json!({ "data": vec![json!({}); 1200] });
        let reply = visit.send(&route, many.to_string().as_bytes()).await;
        assert_eq!(reply.status, 422, "{}", reply.describe());
    }
});

on_both!(texts_with_nul_are_refused_before_they_meet_a_database, small_documents(), |server| {
    let visit = Visit::new(server).await;
    for route in document_routes() {
        for body in [
            json!({ "data": { "attributes": every_attribute(&json!("a\0b")) } }),
            json!({ "data": { "attributes": { "name": "fine", "description": "\0" } } }),
            json!({ "data": { "attributes": { "trigger-prefixes": ["\0"] } } }),
            json!({ "data": { "relationships": { "workspace": { "data": { "type": "workspaces", "id": "\0" } } } } }),
            json!({ "data": { "relationships": { "project": { "data": { "type": "projects", "id": "prj-\0" } } } } }),
            json!({ "data": { "type": "\0" } }),
            json!({ "reason": "\0", "comment": "\0" }),
        ] {
            let reply = visit.send(&route, body.to_string().as_bytes()).await;
            let is_refused = matches!(reply.status, 400 | 422);
            assert!(is_refused, "{}", reply.describe());
        }
    }
});

on_both!(relationships_of_every_wrong_shape_are_422, small_documents(), |server| {
    let visit = Visit::new(server).await;
    let shapes = [
        json!(7),
        json!("ws-1"),
        json!([]),
        json!({ "data": 7 }),
        json!({ "data": [] }),
        json!({ "data": {} }),
        json!({ "data": { "id": 7 } }),
        json!({ "data": { "id": null } }),
    ];
    let (workspaces, runs) = ("/organizations/north/workspaces".to_owned(), "/runs".to_owned());
    let workspace = format!("/workspaces/{}", visit.world.id("workspace_id"));
    for (index, shape) in shapes.iter().enumerate() {
        let with = |name: &str| {
            json!({ "data": {
            "attributes": { "name": format!("w{index}") }, "relationships": { name: shape } } })
        };
        server.owner.post(&workspaces, &with("project")).await.expect_status(422);
        server.owner.patch(&workspace, &with("project")).await.expect_status(422);
        server.owner.post(&runs, &with("workspace")).await.expect_status(422);
        let mut run = with("configuration-version");
        run["data"]["relationships"]["workspace"] = own_workspace(&visit.world)["workspace"].clone();
        server.owner.post(&runs, &run).await.expect_status(422);
    }
    let missing = server.owner.post("/runs", &json!({ "data": { "type": "runs" } })).await.expect_status(422);
    assert_eq!(missing.at("/errors/0/source/pointer"), "/data/relationships/workspace");
    let no_such = json!({ "data": { "attributes": { "name": "elsewhere" }, "relationships": {
        "project": { "data": { "type": "projects", "id": "prj-nothing" } } } } });
    let refused = server.owner.post(&workspaces, &no_such).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/project");
});

/// What it is about is gone afterwards.
fn is_done_once(route: &Route) -> bool {
    matches!(route.operation, "recoverRecoverableItem" | "permanentlyDeleteRecoverableItem")
}

on_both!(empty_documents_and_types_are_accepted, small_documents(), |server| {
    let visit = Visit::new(server).await;
    let is_ours = |route: &Route| gate(route.needs) != Gate::Agent && !collects_garbage(route);
    for route in document_routes().into_iter().filter(is_ours) {
        for body in [
            "",
            " \n",
            "{}",
            r#"{"data":null}"#,
            r#"{"data":{}}"#,
            r#"{"data":{"type":""}}"#,
            r#"{"data":{"type":null,"attributes":null,"relationships":null}}"#,
        ] {
            let reply = visit.send(&route, body.as_bytes()).await;
            if takes_items(&route) && reply.status == 400 {
                assert!(reply.text().contains("data must be a list"), "{}", reply.describe());
                continue;
            }
            if reply.status == 404 && is_done_once(&route) {
                continue;
            }
            // 422 only for what must be named, 403 and 409 for what cannot be done now.
            assert!(reply.status < 300 || matches!(reply.status, 403 | 409 | 422), "{}", reply.describe());
            if reply.status == 422 {
                let text = reply.text();
                let is_missing = ["can't be blank", "is missing", "must be terraform or env"]
                    .iter()
                    .any(|words| text.contains(words));
                assert!(is_missing, "{}", reply.describe());
            }
        }
    }
});
