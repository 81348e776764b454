//! `GET /organizations/:org/runs` (api-contract 4.3).

use super::list::ids;
use crate::support::{changes_nothing, creates};
use serde_json::{Value, json};
use terrane_testkit::on_both;

on_both!(newest_first_and_not_counted, |server| {
    let (one, two) = (server.owner.workspace("one").await, server.owner.workspace("two").await);
    let first = server.owner.run(&one, changes_nothing(), &json!({})).await;
    let second = server.owner.run(&two, creates(1), &json!({ "is-destroy": true })).await;
    let third = server.owner.run(&one, creates(1), &json!({})).await;
    let speculative = server.owner.run(&one, creates(1), &json!({ "plan-only": true })).await;
    for (run, status) in [
        (&first, "planned_and_finished"),
        (&second, "planned"),
        (&third, "planned"),
        (&speculative, "planned_and_finished"),
    ] {
        server.owner.wait_for(run, &[status]).await;
    }
    let list = async |query: &str| server.owner.get(&format!("/organizations/acme/runs{query}")).await;
    let all = list("").await.expect_status(200);
    assert_eq!(ids(&all), [&*third.id, &*second.id, &*first.id]);
    assert_eq!(all.at("/data/1"), server.owner.get(&format!("/runs/{}", second.id)).await.at("/data"));
    let expected = json!({ "current-page": 1, "page-size": 20, "prev-page": null, "next-page": null });
    assert_eq!(all.at("/meta/pagination"), expected);
    assert_eq!((all.at("/links/first"), all.at("/links/last")), (Value::Null, Value::Null));

    let page = list("?page[size]=1&page[number]=2").await;
    assert_eq!(ids(&page), [&*second.id]);
    assert_eq!(
        (page.at("/meta/pagination/prev-page"), page.at("/meta/pagination/next-page")),
        (json!(1), json!(3))
    );
    let next = server.owner.get(page.at("/links/next").as_str().unwrap()).await;
    assert_eq!((ids(&next), next.at("/links/next")), (vec![first.id.clone()], Value::Null));
    assert_eq!(ids(&list("?page[number]=7").await), [""; 0]);

    for (query, expected) in [
        ("filter[workspace_names]=two", vec![&second]),
        ("filter[workspace_names]=two,none", vec![&second]),
        ("filter[workspace_names]=none", vec![]),
        ("filter[operation]=plan_only", vec![&speculative]),
        ("filter[operation]=destroy", vec![&second]),
        ("filter[status]=planned", vec![&third, &second]),
        ("filter[status_group]=final&filter[operation]=plan_only,plan_and_apply", vec![&speculative, &first]),
        ("filter[timeframe]=1999", vec![]),
        ("search[basic]=mallory", vec![]),
        ("search[user]=Ada", vec![&third, &second, &first]),
    ] {
        let expected: Vec<&str> = expected.into_iter().map(|run| &*run.id).collect();
        assert_eq!(ids(&list(&format!("?{query}")).await), expected, "{query}");
    }
    server.stranger.get("/organizations/acme/runs").await.expect_status(404);
    server.anonymous.get("/organizations/acme/runs").await.expect_status(401);
});
