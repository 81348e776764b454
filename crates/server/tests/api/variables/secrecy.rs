//! A sensitive value is never readable again: not through the API, and not in what the server keeps.

use super::{change, make, small};
use camino::Utf8Path;
use serde_json::{Value, json};
use terrane_server::platform::db::{Db, Exec, sql};
use terrane_testkit::{TestServer, on_both};

const CANARY: &str = "canary-7f3a9c51";

/// Whether these bytes stand in any file below a folder; the files looked at.
fn files_with(folder: &Utf8Path, canary: &[u8]) -> (Vec<String>, usize) {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for entry in folder.read_dir_utf8().expect("a folder of the test can be read") {
        let path = entry.expect("a folder of the test can be read").into_path();
        if path.is_dir() {
            let (inner, count) = files_with(&path, canary);
            found.extend(inner);
            looked_at += count;
        } else if let Ok(bytes) = std::fs::read(&path) {
            looked_at += 1;
            if bytes.windows(canary.len()).any(|window| window == canary) {
                found.push(path.into_string());
            }
        }
    }
    (found, looked_at)
}

/// Every value of every row of the tables that could hold one, as text.
async fn rows(server: &TestServer) -> String {
    let db = &server.app().db;
    let query = match db {
        Db::Sqlite { .. } => {
            "SELECT hex(value_sealed) || ' ' || key || ' ' || COALESCE(description, '') FROM variables \
             UNION ALL SELECT hex(variables_sealed) || ' ' || hex(own_variables_sealed) || ' ' || message FROM runs"
        }
        Db::Postgres(_) => {
            "SELECT upper(encode(value_sealed, 'hex')) || ' ' || key || ' ' || COALESCE(description, '') FROM variables \
             UNION ALL SELECT upper(encode(variables_sealed, 'hex')) || ' ' || upper(encode(own_variables_sealed, 'hex')) \
             || ' ' || message FROM runs"
        }
    };
    let rows: Vec<(String,)> = db.all(sql(query)).await.expect("the rows can be read");
    rows.into_iter().map(|(row,)| row).collect::<Vec<_>>().join("\n")
}

on_both!(a_sensitive_value_is_never_answered_again, small(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let wish = json!({ "key": "password", "value": CANARY, "category": "terraform", "sensitive": true });
    let made = make(owner, &workspace, &wish).await.expect_status(201);
    assert_eq!(made.attribute("value"), Value::Null);
    let path = format!("/workspaces/{workspace}/vars/{}", made.id());
    let changed = change(owner, &path, &json!({ "description": "still there" })).await.expect_status(200);
    assert_eq!(changed.attribute("value"), Value::Null);
    // Neither as a plain one, nor by way of another category or key.
    for attempt in
        [json!({ "sensitive": false }), json!({ "sensitive": false, "key": "other", "category": "env" })]
    {
        let refused = change(owner, &path, &attempt).await.expect_status(422);
        assert_eq!(refused.at("/errors/0/source/pointer"), "/data/attributes/sensitive");
    }
    let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
    let run = owner.run_of(&workspace, &configuration, &json!({})).await;
    for path in [
        path.clone(),
        format!("/workspaces/{workspace}/vars"),
        format!("/workspaces/{workspace}?include=vars"),
        "/organizations/acme/workspaces?include=vars".to_owned(),
        format!("/runs/{}", run.id),
    ] {
        let answer = owner.get(&path).await.expect_status(200);
        assert!(!answer.text().contains(CANARY), "{path}");
    }
    // A plain one may become sensitive, and is not answered from then on.
    let plain = make(owner, &workspace, &json!({ "key": "p", "value": CANARY, "category": "env" })).await;
    let path = format!("/workspaces/{workspace}/vars/{}", plain.expect_status(201).id());
    let hidden = change(owner, &path, &json!({ "sensitive": true })).await.expect_status(200);
    assert_eq!(hidden.attribute("value"), Value::Null);
    assert!(!owner.get(&path).await.text().contains(CANARY));
});

on_both!(no_value_of_any_variable_stands_in_what_is_kept, small(), |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    for (number, sensitive) in [true, false].into_iter().enumerate() {
        let wish = json!({ "key": format!("k{number}"), "value": CANARY, "category": "env", "sensitive": sensitive });
        make(owner, &workspace, &wish).await.expect_status(201);
    }
    let configuration = owner.configuration(&workspace, crate::support::creates(1)).await;
    let own = json!({ "variables": [{ "key": "own", "value": format!("\"{CANARY}\"") }] });
    let run = owner.run_of(&workspace, &configuration, &own).await;
    assert!(owner.get(&format!("/runs/{}", run.id)).await.text().contains(CANARY), "it is there to be found");

    // The database file with its write-ahead log, the blobs, everything.
    let (found, looked_at) = files_with(&server.folder(), CANARY.as_bytes());
    assert_eq!(found, Vec::<String>::new());
    assert!(looked_at > 3, "{looked_at} files");
    if matches!(server.app().db, Db::Sqlite { .. }) {
        let (names, _) = files_with(&server.folder(), b"net");
        assert!(names.iter().any(|name| name.contains("terrane.db")), "names are found in it: {names:?}");
    }
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02X}")).collect();
    let rows = rows(server).await;
    assert!(rows.lines().count() == 3 && !rows.contains(CANARY) && !rows.contains(&hex), "{rows}");
});

on_both!(equal_values_look_different, small(), |server| {
    let workspace = server.owner.workspace("net").await;
    for key in ["a", "b"] {
        let wish = json!({ "key": key, "value": "same", "category": "env" });
        make(&server.owner, &workspace, &wish).await.expect_status(201);
    }
    let rows = rows(server).await;
    let mut sealed: Vec<&str> = rows.lines().filter_map(|row| row.split(' ').next()).collect();
    sealed.sort_unstable();
    sealed.dedup();
    assert_eq!(sealed.len(), 2, "{rows}");
});
