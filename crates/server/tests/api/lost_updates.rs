//! Updates of one resource at the same time: each names another attribute, and each must last.

use crate::support::creates;
use crate::varsets;
use futures_util::future::join_all;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Engines, Setup, body, on_both};

/// Rounds, so that updates really meet.
const ROUNDS: usize = 6;

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

/// Sets every attribute by an update of its own, all at once, and reads them back.
async fn all_last(actor: &Actor, path: &str, kind: &str, values: impl Fn(usize) -> Value) {
    for round in 0..ROUNDS {
        let wanted = values(round);
        let updates = wanted.as_object().unwrap().iter().map(|(name, value)| {
            let one = body(kind, &json!({ name: value }));
            async move { actor.patch(path, &one).await.expect_status(200) }
        });
        join_all(updates).await;
        let read = actor.get(path).await.expect_status(200);
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(read.attribute(name), *value, "{path}: {name} in round {round}");
        }
    }
}

on_both!(of_a_workspace, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    all_last(&server.owner, &format!("/workspaces/{workspace}"), "workspaces", |round| {
        let is_odd = round % 2 == 1;
        json!({ "description": format!("text {round}"), "working-directory": format!("dir-{round}"),
            "auto-apply": is_odd, "queue-all-runs": !is_odd, "speculative-enabled": is_odd,
            "file-triggers-enabled": is_odd, "allow-destroy-plan": !is_odd, "name": format!("net-{round}") })
    })
    .await;
});

on_both!(of_a_workspace_s_variable, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let made = json!({ "key": "a", "value": "0", "category": "terraform" });
    let variable = server.owner.variable(&workspace, &made).await.id();
    let path = format!("/workspaces/{workspace}/vars/{variable}");
    all_last(&server.owner, &path, "vars", |round| {
        json!({ "key": format!("a{round}"), "value": format!("{round}"), "description": format!("text {round}"),
            "hcl": round % 2 == 1 })
    })
    .await;
});

on_both!(of_a_variable_set_and_its_variable, no_agent(), |server| {
    let set = varsets::named(&server.owner, "keys").await;
    all_last(&server.owner, &format!("/varsets/{set}"), "varsets", |round| {
        json!({ "name": format!("keys-{round}"), "description": format!("text {round}"), "priority": round % 2 == 1 })
    })
    .await;
    let variable = varsets::variable(&server.owner, &set, "a", "0").await.expect_status(201).id();
    let path = format!("/varsets/{set}/relationships/vars/{variable}");
    all_last(&server.owner, &path, "vars", |round| {
        json!({ "key": format!("a{round}"), "value": format!("{round}"), "description": format!("text {round}"),
            "hcl": round % 2 == 1 })
    })
    .await;
});

on_both!(of_a_project, no_agent(), |server| {
    let wish = body("projects", &json!({ "name": "web" }));
    let project = server.owner.post("/organizations/acme/projects", &wish).await.expect_status(201).id();
    all_last(
        &server.owner,
        &format!("/projects/{project}"),
        "projects",
        |round| json!({ "name": format!("web-{round}"), "description": format!("text {round}") }),
    )
    .await;
});

on_both!(comments_on_one_run_are_all_kept, no_agent(), |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({})).await;
    let path = format!("/runs/{}/comments", run.id);
    let said = (0..16).map(|number| {
        let comment = body("comments", &json!({ "body": format!("comment {number}") }));
        let path = path.clone();
        async move { server.owner.post(&path, &comment).await.expect_status(201) }
    });
    join_all(said).await;
    let listed = server.owner.get(&path).await.expect_status(200);
    let mut bodies: Vec<String> = listed
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .map(|comment| comment["attributes"]["body"].as_str().unwrap().to_owned())
        .collect();
    bodies.sort_unstable();
    let mut wanted: Vec<String> = (0..16).map(|number| format!("comment {number}")).collect();
    wanted.sort_unstable();
    assert_eq!(bodies, wanted);
});
