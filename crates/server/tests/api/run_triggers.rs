//! `/workspaces/:id/run-triggers`, `/run-triggers/:id`.

mod started;

use crate::support::assert_body;
use futures_util::future::join_all;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

fn no_agent() -> Setup {
    Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 }
}

/// Has applies of `source` start runs in `workspace`.
pub async fn make(actor: &Actor, workspace: &str, source: &str) -> Answer {
    let related = json!({ "sourceable": { "data": { "type": "workspaces", "id": source } } });
    let wish = json!({ "data": { "type": "run-triggers", "relationships": related } });
    actor.post(&format!("/workspaces/{workspace}/run-triggers"), &wish).await
}

fn list(workspace: &str, kind: &str) -> String {
    format!("/workspaces/{workspace}/run-triggers?filter[run-trigger][type]={kind}")
}

fn ids(list: &Answer) -> Vec<String> {
    let data = list.at("/data");
    let items = data.as_array().expect("a list").iter();
    items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

on_both!(a_trigger_leads_from_one_to_another, no_agent(), |server| {
    let owner = &server.owner;
    let (source, workspace) = (owner.workspace("net").await, owner.workspace("app").await);
    let made = make(owner, &workspace, &source).await.expect_status(201);
    assert_body!("run_trigger", made);
    let path = format!("/run-triggers/{}", made.id());
    assert_eq!(owner.get(&path).await.expect_status(200).json(), made.json());
    let inbound = owner.get(&list(&workspace, "inbound")).await.expect_status(200);
    assert_eq!(
        (inbound.at("/data/0"), inbound.at("/meta/pagination/total-count")),
        (made.at("/data"), json!(1))
    );
    assert_eq!(owner.get(&list(&source, "outbound")).await.at("/data/0"), made.at("/data"));
    assert_eq!(owner.get(&list(&source, "inbound")).await.at("/data"), json!([]));
    let with = owner.get(&format!("{}&include=workspace,sourceable", list(&workspace, "inbound"))).await;
    let mut names: Vec<Value> =
        (0..2).map(|index| with.at(&format!("/included/{index}/attributes/name"))).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, [json!("app"), json!("net")]);
    assert_eq!(owner.get(&format!("{path}?include=sourceable")).await.at("/included/0/id"), source.as_str());
    server.stranger.get(&path).await.expect_status(404);
    server.stranger.delete(&path).await.expect_status(404);
    owner.delete(&path).await.expect_status(204);
    owner.get(&path).await.expect_status(404);
    owner.delete(&path).await.expect_status(404);
});

on_both!(the_list_wants_its_filter, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    for path in
        [format!("/workspaces/{workspace}/run-triggers"), list(&workspace, "oubound"), list(&workspace, "")]
    {
        let refused = owner.get(&path).await.expect_status(400);
        assert!(refused.error().contains("inbound or outbound"), "{}", refused.error());
    }
});

on_both!(what_cannot_be_a_source_is_refused, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let refused = make(owner, &workspace, &workspace).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/sourceable");
    make(owner, &workspace, "ws-nothing").await.expect_status(404);
    owner.organization("south").await;
    let wish = body("workspaces", &json!({ "name": "net" }));
    let foreign = owner.post("/organizations/south/workspaces", &wish).await.expect_status(201).id();
    make(owner, &workspace, &foreign).await.expect_status(404);
    let path = format!("/workspaces/{workspace}/run-triggers");
    for wrong in [
        json!({}),
        json!({ "data": { "relationships": { "sourceable": { "data": null } } } }),
        json!({ "data": { "relationships": { "sourceable": { "data": [] } } } }),
        json!({ "data": { "relationships": { "sourceable": { "data": { "id": 7 } } } } }),
        json!({ "data": { "relationships": { "sourceable": "net" } } }),
    ] {
        let refused = owner.post(&path, &wrong).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/relationships/sourceable", "{wrong}");
    }
    assert_eq!(ids(&owner.get(&list(&workspace, "inbound")).await), Vec::<String>::new());
});

on_both!(a_source_is_named_once_and_loops_are_refused, no_agent(), |server| {
    let owner = &server.owner;
    let mut chain = Vec::new();
    for name in ["one", "two", "three", "four"] {
        chain.push(owner.workspace(name).await);
    }
    for pair in chain.windows(2) {
        make(owner, &pair[1], &pair[0]).await.expect_status(201);
    }
    let again = make(owner, &chain[1], &chain[0]).await.expect_status(422);
    assert!(again.error().contains("already"), "{}", again.error());
    for (workspace, source) in [(0, 1), (0, 3), (1, 3)] {
        let refused = make(owner, &chain[workspace], &chain[source]).await.expect_status(422);
        assert!(refused.error().contains("loop"), "{}", refused.error());
    }
    // A shorter way beside a longer one is no loop.
    make(owner, &chain[3], &chain[0]).await.expect_status(201);
});

on_both!(two_that_would_close_a_loop_do_not_both_win, no_agent(), |server| {
    let owner = &server.owner;
    for round in 0..5 {
        let one = owner.workspace(&format!("one-{round}")).await;
        let two = owner.workspace(&format!("two-{round}")).await;
        let (first, second) = tokio::join!(make(owner, &one, &two), make(owner, &two, &one));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{} {}", first.text(), second.text());
    }
});

on_both!(twenty_sources_are_enough, no_agent(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("app").await;
    let mut made = Vec::new();
    for number in 0..21 {
        let source = owner.workspace(&format!("net-{number}")).await;
        let answer = make(owner, &workspace, &source).await;
        if number == 20 {
            assert!(answer.expect_status(422).error().contains("at most 20"));
        } else {
            made.push(answer.expect_status(201).id());
        }
    }
    let path = list(&workspace, "inbound");
    assert_eq!(ids(&owner.get(&path).await), made);
    let page = owner.get(&format!("{path}&page[size]=8&page[number]=3")).await;
    assert_eq!(ids(&page), made[16..]);
    owner.delete(&format!("/run-triggers/{}", made[0])).await.expect_status(204);
    let source = owner.workspace("one-more").await;
    make(owner, &workspace, &source).await.expect_status(201);
});

on_both!(a_trigger_goes_with_either_workspace, no_agent(), |server| {
    let owner = &server.owner;
    let mut triggers = Vec::new();
    for number in 0..2 {
        let source = owner.workspace(&format!("net-{number}")).await;
        let workspace = owner.workspace(&format!("app-{number}")).await;
        let made = make(owner, &workspace, &source).await.expect_status(201).id();
        triggers.push(made);
        let gone = if number == 0 { source } else { workspace };
        owner.delete(&format!("/workspaces/{gone}")).await.expect_status(204);
    }
    let read =
        triggers.iter().map(|id| async move { owner.get(&format!("/run-triggers/{id}")).await.status });
    assert_eq!(join_all(read).await, [404, 404]);
});
