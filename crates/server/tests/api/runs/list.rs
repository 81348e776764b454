//! `GET /workspaces/:id/runs` (api-contract 4.3).

use crate::support::{changes_nothing, creates};
use serde_json::json;
use terrane_testkit::{Answer, on_both};

/// The ids of a list's resources, in its order.
pub fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let data = answer.at("/data");
    data.as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}

on_both!(newest_first_and_without_plan_only_runs, |server| {
    let workspace = server.owner.workspace("net").await;
    let done = server.owner.run(&workspace, changes_nothing(), &json!({})).await;
    server.owner.wait_for(&done, &["planned_and_finished"]).await;
    let speculative = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.wait_for(&speculative, &["planned_and_finished"]).await;
    let current = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&current, &["planned"]).await;
    let list = |query: &'static str| {
        let (owner, path) = (server.owner.clone(), format!("/workspaces/{workspace}/runs{query}"));
        async move { owner.get(&path).await }
    };
    assert_eq!(ids(&list("").await), [&*current.id, &*done.id]);
    let with = "?filter%5Boperation%5D=plan_only,plan_and_apply";
    assert_eq!(ids(&list(with).await), [&*current.id, &*speculative.id, &*done.id]);
    assert_eq!(ids(&list("?filter[operation]=plan_only").await), [&*speculative.id]);
    assert_eq!(ids(&list("?filter[status]=planned").await), [&*current.id]);
    assert_eq!(ids(&list("?filter[status]=planned,planned_and_finished").await).len(), 2);
    assert_eq!(ids(&list("?filter[status]=applied").await).len(), 0);
    assert_eq!(ids(&list("?filter[source]=tfe-api").await).len(), 2);
    let page = list("?page[size]=1&page[number]=2").await;
    assert_eq!(
        page.at("/meta/pagination"),
        json!({ "current-page": 2, "page-size": 1, "prev-page": 1,
        "next-page": null, "total-pages": 2, "total-count": 2 })
    );
    assert_eq!(ids(&page), [&*done.id]);
    let listed = list("?include=plan,created_by,nonsense").await;
    let one = server.owner.get(&format!("/runs/{}", current.id)).await;
    assert_eq!(listed.at("/data/0"), one.at("/data"), "a list shows what one read shows");
    let kinds: Vec<String> = listed
        .at("/included")
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["plans", "plans", "users"], "each related resource once");
});

on_both!(every_filter_and_search, |server| {
    let workspace = server.owner.workspace("net").await;
    let configuration = server.owner.configuration(&workspace, creates(1)).await;
    let mut runs = Vec::new();
    for attributes in [
        json!({ "message": "the first one, 100%" }),
        json!({ "is-destroy": true, "message": "Grüße an_alle" }),
        json!({ "refresh-only": true }),
        json!({ "save-plan": true }),
        json!({ "allow-empty-apply": true }),
        json!({ "plan-only": true }),
    ] {
        runs.push(server.owner.run_of(&workspace, &configuration, &attributes).await);
    }
    server.owner.wait_for(&runs[0], &["planned"]).await;
    server.owner.wait_for(&runs[3], &["planned_and_saved"]).await;
    server.owner.wait_for(&runs[5], &["planned_and_finished"]).await;
    let year = &terrane_server::clock::Time(server.app().clock.now().0).rfc3339()[..4];
    let this_year = format!("filter[timeframe]={year}");
    let by_id = format!("search[basic]={}", runs[2].id);
    let more_than_names = format!("search[basic]={}", "x".repeat(1001));
    for (query, expected) in [
        ("", vec![4, 3, 2, 1, 0]),
        ("filter[operation]=plan_and_apply", vec![0]),
        ("filter[operation]=destroy,save_plan", vec![3, 1]),
        ("filter[operation]=refresh_only,empty_apply", vec![4, 2]),
        ("filter[operation]=plan_only,save_plan", vec![5, 3]),
        (
            "filter[operation]=plan_only,save_plan,refresh_only,destroy,empty_apply,plan_and_apply",
            vec![5, 4, 3, 2, 1, 0],
        ),
        ("filter[operation]=banana", vec![]),
        ("filter[status]=pending", vec![4, 2, 1]),
        ("filter[status]=pending&filter[operation]=destroy", vec![1]),
        ("filter[status]=banana", vec![]),
        ("filter[status_group]=non_final", vec![4, 3, 2, 1, 0]),
        ("filter[status_group]=discardable", vec![3, 0]),
        ("filter[status_group]=discardable&filter[status]=planned", vec![0]),
        ("filter[status_group]=final", vec![]),
        ("filter[status_group]=final&filter[operation]=plan_only", vec![5]),
        ("filter[status_group]=banana", vec![]),
        ("filter[source]=tfe-api", vec![4, 3, 2, 1, 0]),
        ("filter[source]=tfe-ui,tfe-run-trigger", vec![]),
        ("filter[agent_pool_names]=default", vec![]),
        ("filter[timeframe]=year", vec![4, 3, 2, 1, 0]),
        (&this_year, vec![4, 3, 2, 1, 0]),
        ("filter[timeframe]=1999", vec![]),
        ("search[user]=ADA", vec![4, 3, 2, 1, 0]),
        ("search[user]=mallory", vec![]),
        ("search[commit]=deadbeef", vec![]),
        ("search[commit]=%25", vec![]),
        ("search[basic]=ada&filter[status]=planned", vec![0]),
        ("search[basic]=FIRST one", vec![0]),
        ("search[basic]=100%25", vec![0]),
        ("search[basic]=%25", vec![0]),
        ("search[basic]=n_a", vec![1]),
        ("search[basic]=Grüße", vec![1]),
        (&by_id, vec![2]),
        ("search[basic]=first&search[user]=ada", vec![4, 3, 2, 1, 0]),
    ] {
        let answer = server.owner.get(&format!("/workspaces/{workspace}/runs?{query}")).await;
        let expected: Vec<&str> = expected.into_iter().map(|number: usize| &*runs[number].id).collect();
        assert_eq!(ids(&answer), expected, "{query}");
        assert_eq!(answer.at("/meta/pagination/total-count"), expected.len(), "{query}");
    }
    let of_query =
        server.owner.get(&format!("/runs?workspace_id={workspace}&filter[operation]=destroy")).await;
    assert_eq!(ids(&of_query), [&*runs[1].id]);
    for (query, status) in [("", 400), ("workspace_id=ws-none", 404)] {
        server.owner.get(&format!("/runs?{query}")).await.expect_status(status);
    }
    let of_another = format!("/runs?workspace_id={workspace}&organization_name=other");
    server.owner.get(&of_another).await.expect_status(404);
    server.owner.get(&format!("/workspaces/{workspace}/runs?{more_than_names}")).await.expect_status(400);
});

on_both!(runs_are_found_by_the_pool_of_their_agent, |server| {
    let workspace = server.owner.workspace("net").await;
    let run = server.owner.run(&workspace, creates(1), &json!({ "plan-only": true })).await;
    server.owner.planned(&run).await;
    server.sql("INSERT INTO agent_pools (id, name, created_at) VALUES ('apool-1', 'basement', 0)", &[]).await;
    server.sql("UPDATE agents SET agent_pool_id = 'apool-1'", &[]).await;
    let list = async |pools: &str| {
        let query = format!("filter[operation]=plan_only&filter[agent_pool_names]={pools}");
        ids(&server.owner.get(&format!("/workspaces/{workspace}/runs?{query}")).await)
    };
    assert_eq!(list("attic,basement").await, [&*run.id]);
    assert_eq!(list("attic").await, [""; 0]);
    server.sql("UPDATE agents SET agent_pool_id = NULL", &[]).await;
});

on_both!(runs_are_found_by_their_commit_and_by_who_made_it, |server| {
    let workspace = server.owner.workspace("net").await;
    let ingress = json!({ "data": { "type": "ingress-attributes",
        "attributes": { "commit-sha": "C0FFEE77aa", "sender-username": "Grace" } } });
    let body = json!({ "data": { "type": "configuration-versions", "attributes": { "auto-queue-runs": false },
        "relationships": { "ingress-attributes": ingress } } });
    let path = format!("/workspaces/{workspace}/configuration-versions");
    let made = server.owner.post(&path, &body).await.expect_status(201);
    let url = made.attribute("upload-url");
    server.owner.put(url.as_str().unwrap(), creates(1)).await.expect_status(200);
    let run = server.owner.run_of(&workspace, &made.id(), &json!({})).await;
    server.owner.run(&workspace, creates(1), &json!({})).await;
    for (query, is_found) in [
        ("search[commit]=c0ffee", true),
        ("search[commit]=C0FFEE77AA", true),
        ("search[basic]=c0ffee", true),
        ("search[user]=grace", true),
        ("search[commit]=ffee", false),
        ("search[commit]=c_ffee", false),
    ] {
        let found = ids(&server.owner.get(&format!("/workspaces/{workspace}/runs?{query}")).await);
        let expected: &[&str] = if is_found { &[&run.id] } else { &[] };
        assert_eq!(found, expected, "{query}");
    }
});
