//! What `include` shows beside workspaces (api-contract 8.1).

use super::LIST;
use crate::support::creates;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, on_both, state_file};

/// Type and id of all that is included, in order.
fn included(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let included = answer.at("/included");
    let mut names: Vec<_> =
        included.as_array().into_iter().flatten().map(|one| (text(&one["type"]), text(&one["id"]))).collect();
    names.sort();
    names
}

fn kinds(answer: &Answer) -> Vec<String> {
    included(answer).into_iter().map(|(kind, _)| kind).collect()
}

/// A workspace with one of everything, and its run.
async fn full(owner: &Actor, name: &str) -> (String, terrane_testkit::Run) {
    let workspace = owner.workspace(name).await;
    owner.state(&workspace, 1, &state_file(1)).await;
    owner.variable(&workspace, &json!({ "key": "b", "value": "1", "category": "env" })).await;
    owner
        .variable(&workspace, &json!({ "key": "a", "value": "1", "category": "env", "sensitive": true }))
        .await;
    let ingress = json!({ "data": { "type": "ingress-attributes", "attributes": { "commit-sha": "0a1b" } } });
    let wish = json!({ "data": { "attributes": { "auto-queue-runs": false },
        "relationships": { "ingress-attributes": ingress } } });
    let made = owner.post(&format!("/workspaces/{workspace}/configuration-versions"), &wish).await;
    let made = made.expect_status(201);
    owner.put(made.attribute("upload-url").as_str().unwrap(), creates(1)).await.expect_status(200);
    let run = owner.run_of(&workspace, &made.id(), &json!({})).await;
    owner.wait_for(&run, &["planned"]).await;
    (workspace, run)
}

on_both!(what_is_nested_comes_with_what_lies_between, |server| {
    let owner = &server.owner;
    let (workspace, run) = full(owner, "net").await;
    let ask = async |include: &str| {
        let one = owner.get(&format!("/workspaces/{workspace}?include={include}")).await.expect_status(200);
        let listed = owner.get(&format!("{LIST}?include={include}")).await.expect_status(200);
        assert_eq!(included(&one), included(&listed), "{include}");
        assert_eq!(one.at("/data"), listed.at("/data/0"), "{include}");
        one
    };
    for (include, expected) in [
        ("current_run", vec!["runs"]),
        ("current-run.plan", vec!["plans", "runs"]),
        ("latest_run.plan,current_run.apply", vec!["applies", "plans", "runs"]),
        ("current_run.configuration_version", vec!["configuration-versions", "runs"]),
        (
            "current_run.configuration_version.ingress_attributes",
            vec!["configuration-versions", "ingress-attributes", "runs"],
        ),
        ("current_configuration_version", vec!["configuration-versions"]),
        (
            "current_configuration_version.ingress_attributes",
            vec!["configuration-versions", "ingress-attributes"],
        ),
        // The run that holds the lock.
        ("locked_by", vec!["runs"]),
        ("current_state_version,project,organization", vec!["organizations", "projects", "state-versions"]),
        ("outputs", vec!["workspace-outputs"; 3]),
        ("vars", vec!["vars"; 2]),
        ("nonsense,plan,current_run_of.plan,readme,agent_pool,current_assessment_result", vec![]),
    ] {
        assert_eq!(kinds(&ask(include).await), expected, "{include}");
    }
    let plan = ask("current_run.plan").await;
    assert!(included(&plan).contains(&("plans".to_owned(), run.plan.clone())));
    let with = ask("vars,outputs").await;
    let keys = |answer: &Answer| -> Vec<Value> {
        let included = answer.at("/included");
        let vars = included.as_array().unwrap().iter().filter(|one| one["type"] == "vars");
        vars.map(|one| json!([one["attributes"]["key"], one["attributes"]["value"]])).collect()
    };
    assert_eq!(keys(&with), [json!(["b", "1"]), json!(["a", null])], "as made, secrets hidden");
    assert_eq!(with.at("/data/relationships/vars/data").as_array().unwrap().len(), 2);
    assert_eq!(with.at("/data/relationships/outputs/data/0/type"), "workspace-outputs");
    // Without the include there is a link.
    let bare = ask("").await;
    assert_eq!(
        bare.at("/data/relationships/vars"),
        json!({ "links": { "related": format!("/api/v2/workspaces/{workspace}/vars") } })
    );
});

on_both!(each_workspace_of_a_list_points_at_its_own, |server| {
    let owner = &server.owner;
    let mut made = Vec::new();
    for name in ["one", "two"] {
        made.push(full(owner, name).await);
    }
    owner.workspace("bare").await;
    let include = "vars,outputs,current_run.plan,current_configuration_version.ingress_attributes,\
                   effective_tag_bindings,current_state_version";
    let list = owner.get(&format!("{LIST}?include={include}")).await.expect_status(200);
    for (index, (workspace, run)) in made.iter().enumerate() {
        let alone = owner.get(&format!("/workspaces/{workspace}?include={include}")).await;
        assert_eq!(alone.at("/data"), list.at(&format!("/data/{index}")));
        let all = included(&list);
        assert!(included(&alone).iter().all(|name| all.contains(name)));
        assert!(all.contains(&("runs".to_owned(), run.id.clone())));
    }
    assert_eq!(kinds(&list).iter().filter(|kind| *kind == "workspace-outputs").count(), 6);
    for name in ["vars", "outputs", "effective-tag-bindings"] {
        assert_eq!(list.at(&format!("/data/2/relationships/{name}/data")), json!([]), "{name}");
    }
});
