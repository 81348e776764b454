//! `/workspaces/:id/vars`.

mod secrecy;

use crate::support::assert_body;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Answer, Engines, Setup, body, on_both};

const VALUE_BYTES_MAX: usize = 1000;

fn small() -> Setup {
    Setup {
        engines: Engines::Fake,
        configure: |config| {
            config.agent_slots = 0;
            config.limits.variable_bytes_max = VALUE_BYTES_MAX;
            config.limits.variables_max = 12;
        },
    }
}

async fn make(actor: &Actor, workspace: &str, attributes: &Value) -> Answer {
    actor.post(&format!("/workspaces/{workspace}/vars"), &body("vars", attributes)).await
}

async fn change(actor: &Actor, path: &str, attributes: &Value) -> Answer {
    actor.patch(path, &body("vars", attributes)).await
}

on_both!(a_new_variable_is_complete, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    let wish = json!({ "key": "region", "value": "north", "category": "terraform", "description": "where" });
    let made = make(&server.owner, &workspace, &wish).await.expect_status(201);
    assert_body!("variable", made);
    let list = server.owner.get(&format!("/workspaces/{workspace}/vars")).await.expect_status(200);
    assert_eq!(list.json(), json!({ "data": [made.at("/data")] }), "variables have no pages");
});

on_both!(every_kind_is_kept, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    for (number, (category, hcl, sensitive)) in [
        ("terraform", false, false),
        ("terraform", true, false),
        ("terraform", true, true),
        ("env", false, false),
        ("env", false, true),
    ]
    .into_iter()
    .enumerate()
    {
        let value = "{\n  a = \"ü\" # not checked here\n";
        let wish = json!({ "key": format!("k{number}"), "value": value, "category": category, "hcl": hcl, "sensitive": sensitive });
        let made = make(&server.owner, &workspace, &wish).await.expect_status(201);
        let read =
            server.owner.get(&format!("/workspaces/{workspace}/vars/{}", made.id())).await.expect_status(200);
        assert_eq!(read.json(), made.json());
        assert_eq!(read.attribute("category"), category);
        assert_eq!((read.attribute("hcl"), read.attribute("sensitive")), (json!(hcl), json!(sensitive)));
        assert_eq!(read.attribute("value"), if sensitive { Value::Null } else { json!(value) });
    }
    let empty = make(&server.owner, &workspace, &json!({ "key": "empty", "category": "env" }))
        .await
        .expect_status(201);
    assert_eq!(empty.attribute("value"), "");
});

on_both!(a_change_leaves_what_it_does_not_name, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    let wish = json!({ "key": "a", "value": "1", "category": "terraform", "description": "d" });
    let made = make(&server.owner, &workspace, &wish).await.expect_status(201);
    let path = format!("/workspaces/{workspace}/vars/{}", made.id());
    let changed = change(&server.owner, &path, &json!({ "value": "2" })).await.expect_status(200);
    assert_eq!(changed.attribute("value"), "2");
    for name in ["key", "category", "description", "hcl", "sensitive", "created-at"] {
        assert_eq!(changed.attribute(name), made.attribute(name), "{name}");
    }
    assert_ne!(changed.attribute("version-id"), made.attribute("version-id"), "each write has its own");
    let changed = change(
        &server.owner,
        &path,
        &json!({ "key": "b", "hcl": true, "category": "env", "description": null }),
    )
    .await;
    let changed = changed.expect_status(200);
    assert_eq!((changed.attribute("key"), changed.attribute("value")), (json!("b"), json!("2")));
    assert_eq!(changed.attribute("description"), Value::Null);
    assert_eq!(server.owner.get(&path).await.json(), changed.json());
    server.owner.delete(&path).await.expect_status(204);
    server.owner.get(&path).await.expect_status(404);
    server.owner.delete(&path).await.expect_status(404);
    change(&server.owner, &path, &json!({})).await.expect_status(404);
});

on_both!(a_key_is_unique_in_its_category, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    let wish = |key: &str, category: &str| json!({ "key": key, "value": "1", "category": category });
    let first = make(&server.owner, &workspace, &wish("a", "terraform")).await.expect_status(201);
    let taken = make(&server.owner, &workspace, &wish("a", "terraform")).await.expect_status(422);
    assert_eq!(taken.error(), "Key has already been taken");
    assert_eq!(taken.at("/errors/0/source/pointer"), "/data/attributes/key");
    let second = make(&server.owner, &workspace, &wish("a", "env")).await.expect_status(201);
    make(&server.owner, &workspace, &wish("A", "env")).await.expect_status(201);
    let third = make(&server.owner, &workspace, &wish("b", "terraform")).await.expect_status(201);
    let path = |id: &str| format!("/workspaces/{workspace}/vars/{id}");
    change(&server.owner, &path(&third.id()), &json!({ "key": "a" })).await.expect_status(422);
    change(&server.owner, &path(&second.id()), &json!({ "category": "terraform" })).await.expect_status(422);
    change(&server.owner, &path(&first.id()), &json!({ "key": "a" })).await.expect_status(200);
    let other = server.owner.workspace("other").await;
    make(&server.owner, &other, &wish("a", "terraform")).await.expect_status(201);
});

on_both!(keys_are_checked, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    for key in ["2nd-region", "with-hyphen", "_", "0", "GROESSE_ü", &"k".repeat(255)] {
        for category in ["terraform", "env"] {
            let made =
                make(&server.owner, &workspace, &json!({ "key": key, "value": "", "category": category }))
                    .await;
            assert_eq!(made.expect_status(201).attribute("key"), key);
        }
    }
    let workspace = server.owner.workspace("strict").await;
    for key in ["", "a b", "a=b", "a\nb", "a.b", "${x}", "PATH=/tmp\nX", &"k".repeat(256)] {
        let refused =
            make(&server.owner, &workspace, &json!({ "key": key, "value": "", "category": "env" })).await;
        assert_eq!(
            refused.expect_status(422).at("/errors/0/source/pointer"),
            "/data/attributes/key",
            "{key:?}"
        );
    }
    assert_eq!(server.owner.get(&format!("/workspaces/{workspace}/vars")).await.at("/data"), json!([]));
});

on_both!(what_is_missing_or_wrong_is_named, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    for (attributes, name) in [
        (json!({}), "key"),
        (json!({ "value": "1", "category": "env" }), "key"),
        (json!({ "key": "a", "value": "1" }), "category"),
        (json!({ "key": "a", "value": "1", "category": "policy-set" }), "category"),
        (json!({ "key": "a", "value": "1", "category": "" }), "category"),
        (json!({ "key": "a", "value": 1, "category": "env" }), "value"),
        (json!({ "key": "a", "value": { "a": 1 }, "category": "terraform" }), "value"),
        (json!({ "key": "a", "category": "env", "hcl": "true" }), "hcl"),
        (json!({ "key": "a", "category": "env", "sensitive": 1 }), "sensitive"),
        (json!({ "key": "a", "category": "env", "description": "x".repeat(513) }), "description"),
    ] {
        let refused = make(&server.owner, &workspace, &attributes).await.expect_status(422);
        assert_eq!(
            refused.at("/errors/0/source/pointer"),
            format!("/data/attributes/{name}").as_str(),
            "{attributes}"
        );
    }
});

on_both!(values_and_their_number_have_limits, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    let wish = |key: &str, size: usize| json!({ "key": key, "value": "x".repeat(size), "category": "env" });
    let large = make(&server.owner, &workspace, &wish("large", VALUE_BYTES_MAX)).await.expect_status(201);
    let refused =
        make(&server.owner, &workspace, &wish("larger", VALUE_BYTES_MAX + 1)).await.expect_status(422);
    assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/value");
    assert!(refused.error().contains("1000 bytes"), "{}", refused.error());
    let path = format!("/workspaces/{workspace}/vars/{}", large.id());
    change(&server.owner, &path, &json!({ "value": "x".repeat(VALUE_BYTES_MAX + 1) }))
        .await
        .expect_status(422);
    for number in 1..12 {
        make(&server.owner, &workspace, &wish(&format!("k{number}"), 1)).await.expect_status(201);
    }
    let refused = make(&server.owner, &workspace, &wish("one-more", 1)).await.expect_status(422);
    assert!(refused.error().contains("at most 12"), "{}", refused.error());
    change(&server.owner, &path, &json!({ "value": "still changes" })).await.expect_status(200);
});

on_both!(the_list_is_in_the_order_of_making, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    for key in ["c", "a", "b"] {
        make(&server.owner, &workspace, &json!({ "key": key, "value": "", "category": "env" }))
            .await
            .expect_status(201);
    }
    let list =
        server.owner.get(&format!("/workspaces/{workspace}/vars?page[size]=1")).await.expect_status(200);
    let keys: Vec<_> = (0..3).map(|index| list.at(&format!("/data/{index}/attributes/key"))).collect();
    assert_eq!(keys, ["c", "a", "b"]);
    server.stranger.get(&format!("/workspaces/{workspace}/vars")).await.expect_status(404);
});

on_both!(concurrent_changes_lose_nothing, small(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let wish = json!({ "key": "a", "value": "1", "category": "terraform" });
    let made = make(owner, &workspace, &wish).await.expect_status(201);
    let path = format!("/workspaces/{workspace}/vars/{}", made.id());
    let changes = [
        json!({ "value": "2" }),
        json!({ "description": "d" }),
        json!({ "hcl": true }),
        json!({ "key": "b" }),
    ];
    let changed = futures_util::future::join_all(changes.iter().map(|wish| change(owner, &path, wish))).await;
    assert!(changed.iter().all(|answer| answer.status == 200));
    let read = owner.get(&path).await;
    for (name, value) in
        [("value", json!("2")), ("description", json!("d")), ("hcl", json!(true)), ("key", json!("b"))]
    {
        assert_eq!(read.attribute(name), value, "{name}");
    }
    // Of several that take one key, one has it.
    let keys = (0..5).map(|_| make(owner, &workspace, &wish));
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(keys).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422, 422]);
});
