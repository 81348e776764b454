//! Lists: order, search, pages.

use super::{LIST, make, no_agent};
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, on_both};

pub(super) fn names(list: &Answer) -> Vec<String> {
    let data = list.at("/data");
    let items = data.as_array().expect("a list").iter();
    items.map(|item| item["attributes"]["name"].as_str().expect("a name").to_owned()).collect()
}

pub(super) async fn asked(actor: &Actor, query: &str) -> Vec<String> {
    names(&actor.get(&format!("{LIST}?{query}")).await.expect_status(200))
}

on_both!(a_list_is_in_the_order_of_making_and_never_by_name, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["b", "c", "a", "B", "_"] {
        owner.workspace(name).await;
    }
    assert_eq!(asked(owner, "").await, ["b", "c", "a", "B", "_"]);
    // A change does not move it.
    owner.patch(&format!("{LIST}/b"), &json!({ "data": { "attributes": { "description": "x" } } })).await;
    assert_eq!(asked(owner, "").await, ["b", "c", "a", "B", "_"]);
    // By bytes, on both databases.
    assert_eq!(asked(owner, "sort=name").await, ["B", "_", "a", "b", "c"]);
    assert_eq!(asked(owner, "sort=-name").await, ["c", "b", "a", "_", "B"]);
    assert_eq!(asked(owner, "sort=nonsense").await, ["b", "c", "a", "B", "_"]);
});

on_both!(a_list_can_be_ordered_by_the_current_run, no_agent(), |server| {
    let owner = &server.owner;
    let mut configurations = Vec::new();
    for name in ["first", "never", "second"] {
        let workspace = owner.workspace(name).await;
        let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
        configurations.push((workspace, configuration));
    }
    for index in [2, 0] {
        let (workspace, configuration) = &configurations[index];
        owner.run_of(workspace, configuration, &json!({})).await;
    }
    // Without a run they come last in both directions (api-contract section 20 row 8).
    assert_eq!(asked(owner, "sort=current-run.created-at").await, ["second", "first", "never"]);
    assert_eq!(asked(owner, "sort=-current-run.created-at").await, ["first", "second", "never"]);
});

on_both!(a_list_can_be_ordered_by_the_last_change, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["a", "b", "c"] {
        owner.workspace(name).await;
    }
    owner.patch(&format!("{LIST}/b"), &json!({ "data": { "attributes": { "description": "x" } } })).await;
    assert_eq!(asked(owner, "sort=-latest-change-at").await, ["b", "c", "a"]);
    assert_eq!(asked(owner, "sort=latest-change-at").await, ["a", "c", "b"]);
});

on_both!(search_finds_parts_of_names_whatever_their_case, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["net-prod", "net-dev", "NET_test", "db-prod", "nets"] {
        owner.workspace(name).await;
    }
    assert_eq!(asked(owner, "search[name]=net").await, ["net-prod", "net-dev", "NET_test", "nets"]);
    assert_eq!(asked(owner, "search%5Bname%5D=PROD").await, ["net-prod", "db-prod"]);
    assert_eq!(asked(owner, "search[name]=").await.len(), 5);
    assert_eq!(asked(owner, "search[name]=nothing").await, Vec::<String>::new());
    // What is special in a pattern is text here.
    assert_eq!(asked(owner, "search[name]=t_t").await, ["NET_test"]);
    assert_eq!(asked(owner, "search[name]=%25").await, Vec::<String>::new());
    assert_eq!(asked(owner, "search[name]=net%2A").await, Vec::<String>::new());
    assert_eq!(asked(owner, "search[name]=%27%20OR%201%3D1").await, Vec::<String>::new());
    assert_eq!(asked(owner, "search[name]=net&sort=name").await, ["NET_test", "net-dev", "net-prod", "nets"]);
    let page = owner.get(&format!("{LIST}?search[name]=net&page[size]=1")).await.expect_status(200);
    assert_eq!(page.at("/meta/pagination/total-count"), 4);
    let next = page.at("/links/next").as_str().expect("another page").to_owned();
    assert_eq!(names(&owner.get(&next).await), ["net-dev"], "links keep the search");
});

on_both!(wildcards_stand_for_any_text, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["net-prod", "net-dev", "db-prod", "prod", "n_t"] {
        owner.workspace(name).await;
    }
    assert_eq!(asked(owner, "search[wildcard-name]=net-*").await, ["net-prod", "net-dev"]);
    assert_eq!(asked(owner, "search[wildcard-name]=*-prod").await, ["net-prod", "db-prod"]);
    assert_eq!(asked(owner, "search[wildcard-name]=*prod*").await, ["net-prod", "db-prod", "prod"]);
    assert_eq!(asked(owner, "search[wildcard-name]=prod").await, ["prod"]);
    assert_eq!(asked(owner, "search[wildcard-name]=n_t").await, ["n_t"]);
    assert_eq!(asked(owner, "search[wildcard-name]=*").await.len(), 5);
    assert_eq!(asked(owner, "search[wildcard-name]=*d*v&search[name]=net").await, ["net-dev"]);
});

on_both!(a_list_can_be_of_those_whose_run_stands_somewhere, no_agent(), |server| {
    let owner = &server.owner;
    for name in ["queued", "pending", "never"] {
        let workspace = owner.workspace(name).await;
        if name == "pending" {
            owner.post(&format!("/workspaces/{workspace}/actions/lock"), &json!({})).await.expect_status(200);
        }
        if name != "never" {
            owner.run(&workspace, crate::support::creates(1), &json!({})).await;
        }
    }
    let with = |statuses: &str| format!("filter%5Bcurrent-run%5D%5Bstatus%5D={statuses}");
    assert_eq!(asked(owner, &with("plan_queued")).await, ["queued"]);
    assert_eq!(asked(owner, &with("pending,plan_queued,applied")).await, ["queued", "pending"]);
    assert_eq!(asked(owner, &with("applied")).await, Vec::<String>::new());
    assert_eq!(asked(owner, &with("")).await.len(), 3);
    let page = owner.get(&format!("{LIST}?{}&search[name]=e", with("pending"))).await.expect_status(200);
    assert_eq!(page.at("/meta/pagination/total-count"), 1);
});

on_both!(a_project_has_its_own_list, no_agent(), |server| {
    let owner = &server.owner;
    let made = make(owner, &json!({ "name": "net" })).await.expect_status(201);
    let project = made.at("/data/relationships/project/data/id");
    let project = project.as_str().expect("a project");
    assert_eq!(asked(owner, &format!("filter[project][id]={project}")).await, ["net"]);
    assert_eq!(asked(owner, "filter[project][id]=prj-nothing").await, Vec::<String>::new());
});

on_both!(pages_join_to_the_whole_list, no_agent(), |server| {
    let owner = &server.owner;
    let mut made = Vec::new();
    for number in 0..23 {
        let name = format!("w{:02}", (number * 7) % 23);
        owner.workspace(&name).await;
        made.push(name);
    }
    assert_eq!(asked(owner, "").await, made[..20], "twenty by default");
    assert_eq!(asked(owner, "page[size]=1000").await, made);
    let mut joined = Vec::new();
    let mut next = Some(format!("{LIST}?page%5Bsize%5D=5"));
    while let Some(path) = next {
        let page = owner.get(&path).await.expect_status(200);
        joined.extend(names(&page));
        next = page.at("/links/next").as_str().map(str::to_owned);
    }
    assert_eq!(joined, made);
    let last = owner.get(&format!("{LIST}?page[number]=5&page[size]=5")).await.expect_status(200);
    assert_eq!(names(&last), made[20..]);
    assert_eq!(
        last.at("/meta/pagination"),
        json!({ "current-page": 5, "page-size": 5, "prev-page": 4,
        "next-page": null, "total-pages": 5, "total-count": 23 })
    );
    let beyond = owner.get(&format!("{LIST}?page[number]=9&page[size]=5")).await.expect_status(200);
    assert_eq!(beyond.at("/data"), json!([]));
    assert_eq!(
        beyond.at("/meta/pagination"),
        json!({ "current-page": 9, "page-size": 5, "prev-page": 5,
        "next-page": null, "total-pages": 5, "total-count": 23 })
    );
});

on_both!(a_list_is_empty_and_a_document_without_workspaces, no_agent(), |server| {
    let empty = server.owner.get(LIST).await.expect_status(200);
    assert_eq!(empty.at("/data"), json!([]));
    assert_eq!(empty.at("/meta/pagination/total-pages"), 1);
    assert_eq!(empty.at("/links/next"), Value::Null);
    server.stranger.get(LIST).await.expect_status(404);
});
