//! `GET /workspaces/:id/runs` (api-contract 4.3).

use crate::support::{changes_nothing, creates};
use serde_json::json;
use terrane_testkit::{Answer, on_both};

fn ids(answer: Answer) -> Vec<String> {
    let data = answer.expect_status(200).at("/data");
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
    assert_eq!(ids(list("").await), [&*current.id, &*done.id]);
    let with = "?filter%5Boperation%5D=plan_only,plan_and_apply";
    assert_eq!(ids(list(with).await), [&*current.id, &*speculative.id, &*done.id]);
    assert_eq!(ids(list("?filter[operation]=plan_only").await), [&*speculative.id]);
    assert_eq!(ids(list("?filter[status]=planned").await), [&*current.id]);
    assert_eq!(ids(list("?filter[status]=planned,planned_and_finished").await).len(), 2);
    assert_eq!(ids(list("?filter[status]=applied").await).len(), 0);
    assert_eq!(ids(list("?filter[source]=tfe-api").await).len(), 2);
    let page = list("?page[size]=1&page[number]=2").await;
    assert_eq!(
        page.at("/meta/pagination"),
        json!({ "current-page": 2, "page-size": 1, "prev-page": 1,
        "next-page": null, "total-pages": 2, "total-count": 2 })
    );
    assert_eq!(ids(page), [&*done.id]);
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
    assert_eq!(kinds, ["plans", "users", "plans"], "each related resource once");
});
