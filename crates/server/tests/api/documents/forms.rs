//! What every document has in common: times, links, pages, and the same resource wherever it is read.

use crate::documents::{Visited, visit_all};
use crate::world::World;
use serde_json::{Value, json};
use terrane_testkit::{Answer, Engines, Setup, body, on_both, state_body, state_file};

/// Without an agent nothing moves by itself, so that two reads can be compared whole.
fn nothing_runs() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

fn each_value(value: &Value, key: &str, look: &mut dyn FnMut(&str, &Value)) {
    look(key, value);
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| each_value(value, key, look)),
        Value::Array(list) => list.iter().for_each(|value| each_value(value, key, look)),
        _ => {}
    }
}

on_both!(times_end_in_z_and_links_of_resources_are_paths, |server| {
    let mut times = 0;
    for Visited { operation, body, .. } in visit_all(server).await {
        assert!(!body.to_string().contains("+00:00"), "{operation}");
        each_value(&body, "", &mut |key, value| {
            if key.ends_with("-at") && !value.is_null() {
                let text = value.as_str().unwrap_or_default();
                assert!(
                    text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(),
                    "{operation} {key}: {value}"
                );
                times += 1;
            }
            let link = value.get("links").and_then(|links| links.get("self")).and_then(Value::as_str);
            if let (Some(link), true) = (link, value.get("type").is_some()) {
                assert!(link.starts_with("/api/v2/"), "{operation}: {link}");
            }
            if key == "related" {
                assert!(
                    value.as_str().is_some_and(|link| link.starts_with("/api/v2/")),
                    "{operation}: {value}"
                );
            }
        });
    }
    assert!(times > 20, "{times}");
});

on_both!(a_resource_s_own_link_leads_to_it, |server| {
    for Visited { operation, body, .. } in visit_all(server).await {
        let resources = body["data"].as_array().cloned().unwrap_or_else(|| vec![body["data"].clone()]);
        for resource in resources {
            let Some(link) = resource["links"]["self"].as_str() else { continue };
            let reader = if link.contains("/admin/") { &server.admin } else { &server.owner };
            let read = reader.get(&format!("/{link}")).await.expect_status(200);
            assert_eq!(read.at("/data/id"), resource["id"], "{operation}: {link}");
        }
    }
});

on_both!(links_of_pages_are_absolute_and_encoded, |server| {
    let world = World::of(&server.owner, "north").await;
    for path in [
        "/organizations/north/workspaces".to_owned(),
        "/organizations/north/projects".to_owned(),
        "/organizations".to_owned(),
        format!("/workspaces/{}/configuration-versions", world.id("workspace_id")),
        format!("/users/{}/authentication-tokens", world.id("user_id")),
        format!("/workspaces/{}/runs", world.id("workspace_id")),
        "/organizations/north/tags".to_owned(),
        "/organizations/north/ssh-keys".to_owned(),
        format!("/workspaces/{}/relationships/tags", world.id("workspace_id")),
    ] {
        let query = "page[number]=1&page[size]=1&include=x[y]&filter[operation]=plan_only";
        let page = server.owner.get(&format!("{path}?{query}")).await;
        let page = page.expect_status(200);
        let links = page.at("/links");
        for name in ["self", "first", "prev", "next", "last"] {
            let Some(link) = links[name].as_str() else {
                assert!(links[name].is_null() && matches!(name, "prev" | "next"), "{path} {name}");
                continue;
            };
            let start = format!("{}/api/v2{path}?", server.app().public_url);
            assert!(link.starts_with(&start), "{link}");
            assert!(link.contains("page%5Bnumber%5D=") && link.contains("page%5Bsize%5D=1"), "{link}");
            assert!(!link.contains(['[', ']']), "{link}");
            server.owner.get(link).await.expect_status(200);
        }
        let numbers = page.at("/meta/pagination");
        assert_eq!((&numbers["current-page"], &numbers["page-size"]), (&json!(1), &json!(1)), "{path}");
        assert!(numbers["total-count"].as_u64() >= Some(1), "{path}");
    }
});

on_both!(a_page_beyond_the_end_is_empty_and_true, |server| {
    let world = World::of(&server.owner, "north").await;
    for path in [
        "/organizations/north/workspaces".to_owned(),
        "/organizations/north/projects".to_owned(),
        "/organizations".to_owned(),
        format!("/workspaces/{}/runs?filter[operation]=plan_only", world.id("workspace_id")),
        format!("/workspaces/{}/configuration-versions", world.id("workspace_id")),
        format!("/users/{}/authentication-tokens", world.id("user_id")),
        format!("/state-versions/{}/outputs", world.id("state_version_id")),
        world.path("/api/v2/state-versions", &[]).replace("/api/v2", ""),
    ] {
        let sign = if path.contains('?') { '&' } else { '?' };
        let all = server.owner.get(&format!("{path}{sign}page[size]=100")).await.expect_status(200);
        let beyond = server.owner.get(&format!("{path}{sign}page[number]=7")).await.expect_status(200);
        assert_eq!(beyond.at("/data"), json!([]), "{path}");
        assert_eq!(beyond.at("/meta/pagination/current-page"), 7, "{path}");
        assert_eq!(
            beyond.at("/meta/pagination/total-count"),
            all.at("/data").as_array().map_or(0, Vec::len),
            "{path}"
        );
    }
});

/// The resource as created, read and listed must be one (api-contract section 20 rows 14 and 22).
#[track_caller]
fn assert_same(made: &Answer, read: &Answer, listed: &Answer, once: Option<&str>) {
    let mut made = made.at("/data");
    if let Some(name) = once {
        let attributes = made["attributes"].as_object_mut().expect("a resource has attributes");
        assert!(attributes.get(name).is_some_and(Value::is_string), "{name} is shown once");
        match read.attribute(name) {
            Value::Null if read.at("/data/attributes").get(name).is_some() => {
                attributes.insert(name.to_owned(), Value::Null)
            }
            _ => attributes.remove(name),
        };
    }
    assert_eq!(made, read.at("/data"));
    let list = listed.at("/data");
    let found = list.as_array().expect("a list").iter().find(|item| item["id"] == made["id"]);
    assert_eq!(found, Some(&made));
}

on_both!(created_read_and_listed_are_one_resource, nothing_runs(), |server| {
    let owner = &server.owner;
    let wish = body("organizations", &json!({ "name": "north", "email": "ops@example.com" }));
    let made = owner.post("/organizations", &wish).await.expect_status(201);
    assert_same(&made, &owner.get("/organizations/north").await, &owner.get("/organizations").await, None);

    let projects = "/organizations/north/projects";
    let wish = body("projects", &json!({ "name": "networks", "description": "d" }));
    let made = owner.post(projects, &wish).await.expect_status(201);
    assert_same(
        &made,
        &owner.get(&format!("/projects/{}", made.id())).await,
        &owner.get(projects).await,
        None,
    );

    let keys = "/organizations/north/ssh-keys";
    let made =
        owner.post(keys, &body("ssh-keys", &json!({ "name": "k", "value": "v" }))).await.expect_status(201);
    assert_same(&made, &owner.get(&format!("/ssh-keys/{}", made.id())).await, &owner.get(keys).await, None);

    let workspaces = "/organizations/north/workspaces";
    let wish = body("workspaces", &json!({ "name": "net", "description": "d", "trigger-prefixes": ["a"] }));
    let made = owner.post(workspaces, &wish).await.expect_status(201);
    let workspace = made.id();
    let one = format!("/workspaces/{workspace}");
    assert_same(&made, &owner.get(&one).await, &owner.get(workspaces).await, None);
    assert_eq!(owner.get(&format!("{workspaces}/net")).await.at("/data"), made.at("/data"));

    let vars = format!("{one}/vars");
    for attributes in [
        json!({ "key": "a", "value": "1", "category": "terraform" }),
        json!({ "key": "b", "value": "2", "category": "env", "sensitive": true, "description": "d" }),
    ] {
        let made = owner.variable(&workspace, &attributes).await;
        assert_same(&made, &owner.get(&format!("{vars}/{}", made.id())).await, &owner.get(&vars).await, None);
    }

    let versions = format!("{one}/configuration-versions");
    let wish = body("configuration-versions", &json!({ "auto-queue-runs": false }));
    let made = owner.post(&versions, &wish).await.expect_status(201);
    let version = format!("/configuration-versions/{}", made.id());
    assert_same(&made, &owner.get(&version).await, &owner.get(&versions).await, Some("upload-url"));

    let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
    let made =
        owner.post_run(&workspace, &configuration, &json!({ "message": "m" })).await.expect_status(201);
    let run = format!("/runs/{}", made.id());
    assert_same(&made, &owner.get(&run).await, &owner.get(&format!("{one}/runs")).await, None);
    let included = owner.get(&format!("{one}?include=current_run")).await;
    assert_eq!(included.at("/included/0"), made.at("/data"));
    let plan = owner.get(&format!("{run}/plan")).await;
    assert_eq!(owner.get(&format!("{run}?include=plan")).await.at("/included/0"), plan.at("/data"));
    assert_eq!(owner.get(&format!("/plans/{}", plan.id())).await.json(), plan.json());
    assert_eq!(
        owner.get(&format!("{run}/configuration-version")).await.at("/data/id"),
        configuration.as_str()
    );

    let wish = body("workspaces", &json!({ "name": "states" }));
    let one = format!("/workspaces/{}", owner.post(workspaces, &wish).await.expect_status(201).id());
    owner.post(&format!("{one}/actions/lock"), &json!({})).await.expect_status(200);
    let state = state_body(1, None, &state_file(1));
    let made = owner.post(&format!("{one}/state-versions"), &state).await.expect_status(201);
    let list = "/state-versions?filter[workspace][name]=states&filter[organization][name]=north";
    let read = owner.get(&format!("/state-versions/{}", made.id())).await;
    assert_same(&made, &read, &owner.get(list).await, None);
    assert_eq!(owner.get(&format!("{one}/current-state-version")).await.json(), made.json());

    let tokens = format!("/users/{}/authentication-tokens", owner.get("/account/details").await.id());
    let made = owner.post(&tokens, &body("authentication-tokens", &json!({ "description": "x" }))).await;
    let token = format!("/authentication-tokens/{}", made.id());
    assert_same(
        &made.clone().expect_status(201),
        &owner.get(&token).await,
        &owner.get(&tokens).await,
        Some("token"),
    );
});

on_both!(related_resources_are_bare_without_include_and_full_with_it, nothing_runs(), |server| {
    let world = World::of(&server.owner, "north").await;
    let run = format!("/runs/{}", world.id("run_id"));
    assert_eq!(server.owner.get(&run).await.at("/included"), Value::Null);
    let include = "plan,workspace,configuration_version,configuration-version.ingress-attributes,created_by,\
                   task_stages,nonsense,cost_estimate";
    let with = server.owner.get(&format!("{run}?include={include}")).await.expect_status(200);
    let included = with.at("/included").as_array().cloned().unwrap_or_default();
    let mut kinds: Vec<_> = included.iter().filter_map(|item| item["type"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["configuration-versions", "ingress-attributes", "plans", "users", "workspaces"]);
    assert!(included.iter().all(|item| item["attributes"].is_object()));
    let lists = format!(
        "/workspaces/{}/runs?filter[operation]=plan_only&include=plan,workspace",
        world.id("workspace_id")
    );
    let listed = server.owner.get(&lists).await.expect_status(200);
    assert_eq!(listed.at("/included").as_array().map(Vec::len), Some(2));
    let workspace =
        format!("/workspaces/{}?include=organization,project,readme,outputs", world.id("workspace_id"));
    let read = server.owner.get(&workspace).await.expect_status(200);
    assert_eq!(read.at("/included").as_array().map(Vec::len), Some(5), "three of them outputs");
    let event = format!("/run-events/{}?include=actor,run", world.id("run_event_id"));
    assert_eq!(server.owner.get(&event).await.at("/included/0/type"), "users");
});
