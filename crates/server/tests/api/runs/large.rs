//! Lists of workspaces with very many runs: the right page, the right total, and no walk through all of them.

use super::list::ids;
use crate::support::creates;
use serde_json::json;
use sqlx::Row;
use terrane_server::ids::{OrganizationId, WorkspaceId};
use terrane_server::platform::db::Db;
use terrane_server::runs::mode::Operation;
use terrane_server::runs::model::RunStatus;
use terrane_server::runs::store::{Filter, Scope, page_statement};
use terrane_testkit::{many_runs, on_both};

on_both!(a_page_of_very_many_runs, |server| {
    let workspace = server.owner.workspace("net").await;
    let first = server.owner.run(&workspace, creates(1), &json!({})).await;
    server.owner.wait_for(&first, &["planned"]).await;
    many_runs(server.app(), &workspace, 25_000).await;
    let path = format!("/workspaces/{workspace}/runs");
    let page = server.owner.get(&format!("{path}?page[size]=3&page[number]=2")).await;
    assert_eq!(ids(&page), ["run-many24996", "run-many24995", "run-many24994"]);
    assert_eq!(page.at("/meta/pagination/total-count"), 25_001);
    // Each is of another operation in turn, none is plan-only.
    let page = server
        .owner
        .get(&format!("{path}?page[size]=2&filter[operation]=destroy&filter[status]=discarded"))
        .await;
    assert_eq!(page.at("/meta/pagination/total-count"), 5000);
    assert_eq!(ids(&page).len(), 2);
    let last = server.owner.get(&format!("{path}?page[size]=100&page[number]=251")).await;
    assert_eq!(ids(&last), [&*first.id]);
    // Texts are looked for in the newest ten thousand.
    let found = server.owner.get(&format!("{path}?search[basic]=number%2024999")).await;
    assert_eq!(
        (ids(&found), found.at("/meta/pagination/total-count")),
        (vec!["run-many24999".to_owned()], json!(1))
    );
    let found = server.owner.get(&format!("{path}?search[basic]=number%20100.")).await;
    assert_eq!(ids(&found), [""; 0]);
});

on_both!(no_page_walks_through_all_runs, |server| {
    let Db::Sqlite { read, .. } = &server.app().db else { return };
    let (workspace, organization) = (WorkspaceId::random(), OrganizationId::random());
    let all = Filter::default();
    let normal = Filter { operations: Operation::ALL[1..].to_vec(), ..Filter::default() };
    let waiting = Filter { statuses: Some(vec![RunStatus::Planned, RunStatus::Pending]), ..all.clone() };
    for scope in [Scope::Workspace(&workspace), Scope::Organization(&organization)] {
        for filter in [&all, &normal, &waiting] {
            let statement = format!("EXPLAIN QUERY PLAN {}", page_statement(scope, filter));
            let rows = sqlx::query(sqlx::AssertSqlSafe(statement)).bind("").fetch_all(read).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan.iter().all(|step| !step.starts_with("SCAN r")), "{plan:#?}");
            let walks = plan.iter().filter(|step| step.contains("SEARCH runs USING COVERING INDEX runs_by_"));
            let arms = filter.operations.len() * filter.statuses.as_ref().map_or(1, Vec::len);
            assert_eq!(walks.count(), arms, "{plan:#?}");
        }
    }
});
