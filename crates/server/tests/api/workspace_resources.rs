//! `/workspaces/:id/resources`, of states that clients write. What engines leave is in `engines/workspaces.rs`.

use serde_json::{Value, json};
use terrane_testkit::{Answer, Engines, Setup, on_both, state_file};

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

fn seen(list: &Answer, name: &str) -> Vec<Value> {
    let data = list.at("/data");
    data.as_array().unwrap().iter().map(|one| one["attributes"][name].clone()).collect()
}

on_both!(managed_instances_are_listed_in_pages, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let path = format!("/workspaces/{workspace}/resources");
    assert_eq!(owner.get(&path).await.expect_status(200).at("/meta/pagination/total-count"), 0);
    let version = owner.state(&workspace, 1, &state_file(1)).await;
    let listed = owner.get(&path).await.expect_status(200);
    assert_eq!(
        seen(&listed, "address"),
        ["terraform_data.many[0]", "terraform_data.many[1]", "module.a[\"x\"].terraform_data.one"]
    );
    assert_eq!(seen(&listed, "module"), ["root", "root", "module.a[\"x\"]"]);
    assert_eq!(seen(&listed, "modified-by-state-version-id"), vec![json!(version); 3]);
    let ids: Vec<Value> =
        listed.at("/data").as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert!(ids.iter().all(|id| id.as_str().unwrap().starts_with("wsr-")), "{ids:?}");
    let page = owner.get(&format!("{path}?page[size]=2&page[number]=2")).await;
    assert_eq!(seen(&page, "name"), ["one"]);
    assert_eq!(
        (page.at("/meta/pagination/total-count"), page.at("/meta/pagination/total-pages")),
        (json!(3), json!(2))
    );
    assert_eq!(seen(&owner.get(&format!("{path}?q=MODULE.A")).await, "name"), ["one"]);
    assert_eq!(seen(&owner.get(&format!("{path}?q=nothing")).await, "name"), Vec::<Value>::new());
    assert_eq!(seen(&owner.get(&format!("{path}?sort=name:desc")).await, "name"), ["one", "many", "many"]);
    assert_eq!(seen(&owner.get(&format!("{path}?sort=module:asc")).await, "name"), ["one", "many", "many"]);
    server.stranger.get(&path).await.expect_status(404);

    // The same again keeps everything as it was known; what is gone is gone.
    owner.state(&workspace, 2, &state_file(2)).await;
    assert_eq!(owner.get(&path).await.at("/data"), listed.at("/data"));
    let empty = br#"{"version":4,"serial":3,"lineage":"4a1b6f0e-0000-4000-8000-3c5d7e9f1a2b","outputs":{},"resources":[]}"#;
    owner.state(&workspace, 3, empty).await;
    assert_eq!(owner.get(&path).await.at("/data"), json!([]));
});

on_both!(an_old_format_has_its_resources_too, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let old = json!({ "version": 3, "terraform_version": "0.11.11", "serial": 1, "lineage": "a", "modules": [
        { "path": ["root"], "outputs": {}, "resources": {
            "null_resource.a.0": { "type": "null_resource", "provider": "provider.null" },
            "null_resource.a.1": { "type": "null_resource", "provider": "provider.null" },
            "data.null_data_source.b": { "type": "null_data_source" } } },
        { "path": ["root", "inner"], "outputs": {}, "resources": { "null_resource.c": { "type": "null_resource" } } }] });
    owner.state(&workspace, 1, old.to_string().as_bytes()).await;
    let listed = owner.get(&format!("/workspaces/{workspace}/resources")).await.expect_status(200);
    let addresses = ["null_resource.a[0]", "null_resource.a[1]", "module.inner.null_resource.c"];
    assert_eq!(seen(&listed, "address"), addresses);
    assert_eq!(seen(&listed, "name-index"), [json!("0"), json!("1"), Value::Null]);
    assert_eq!(owner.get(&format!("/workspaces/{workspace}")).await.attribute("resource-count"), 3);
});
