//! What a client takes badly (cli-protocol 5), turned round: of no behaviour in the left column of its table does a client
//! ever see anything. Each row has a test here, or names the one that it has elsewhere.

use crate::support::{changes_nothing, creates, hangs, plan_steps};
use serde_json::{Value, json};
use std::time::Duration;
use terrane_server::config::Config;
use terrane_testkit::{Actor, Answer, Engines, Run, Setup, TestServer, fake_archive, on_both};

/// A row: what a server does, the file of the test, and its name.
type Row = (&'static str, &'static str, &'static str);

const HERE: &str = include_str!("client_faults.rs");

/// All rows that a server can help.
const ROWS: &[Row] = &[
    ("no/low TFP-API-Version", HERE, "every_answer_has_what_clients_look_for"),
    ("401 anywhere early", HERE, "what_comes_first_is_answered"),
    ("entitlement 404", HERE, "what_comes_first_is_answered"),
    ("permissions / actions / rel plan / rel workspace missing", HERE, "a_run_is_complete_in_each_status"),
    ("log-read-url missing", HERE, "a_run_is_complete_in_each_status"),
    ("run-events 404, run queue 404", HERE, "a_run_is_complete_in_each_status"),
    ("included omitted", HERE, "a_run_is_complete_in_each_status"),
    ("400 on include=task_stages", HERE, "a_run_is_complete_in_each_status"),
    ("400 on an unknown include", include_str!("http.rs"), "unknown_includes_and_parameters_change_nothing"),
    ("log 403 / 416 / 503 once", HERE, "a_run_is_complete_in_each_status"),
    ("log 416 past its end", include_str!("plans/log.rs"), "every_window_joins_to_the_same_bytes"),
    (
        "log 403 while its run may be followed",
        include_str!("plans/show.rs"),
        "the_log_url_is_the_same_on_every_read_and_lives_as_long_as_a_run",
    ),
    (
        "API 500 x3: POST repeated",
        include_str!("runs/create.rs"),
        "a_client_that_repeats_its_request_gets_the_same_run",
    ),
    ("API 429 x2 with reset 0.5", include_str!("limits.rs"), "each_user_has_an_allowance_whatever_the_token"),
    ("API 422", HERE, "a_refusal_has_a_title_and_a_detail"),
    ("rate limit header 3", HERE, "a_limit_that_clients_cannot_take_is_not_told"),
    ("CV stays pending 2 s", HERE, "a_configuration_is_uploaded_with_the_answer"),
    (
        "CV errored",
        include_str!("uploads.rs"),
        "a_bad_archive_is_refused_with_its_reason_and_leaves_it_pending",
    ),
    ("run planned late vs ETX", HERE, "all_is_ready_with_the_last_byte_of_the_log"),
    ("plan final late vs ETX", include_str!("plans/visibility.rs"), "nobody_sees_half_of_an_end"),
    ("auto-apply ignored", HERE, "a_run_that_asks_for_it_is_applied_by_itself"),
    ("redacted JSON 204 / 404 / without schemas", HERE, "all_is_ready_with_the_last_byte_of_the_log"),
];

#[test]
fn every_row_has_a_test() {
    for (row, file, test) in ROWS {
        let begins = [format!("on_both!({test},"), format!("    {test},\n")];
        assert!(begins.iter().any(|begin| file.contains(begin.as_str())), "{row}: there is no test {test}");
    }
}

/// One slot, so that a run waits in its queue for as long as another takes it; polls of a log are not held.
const ONE_SLOT: Setup = Setup {
    engines: Engines::Fake,
    configure: |config| {
        config.agent_slots = 1;
        config.limits.log_poll = Duration::from_millis(20);
    },
};

/// The limit that a server has where nobody sets one.
fn usual_limit(config: &mut Config) {
    config.limits.requests_per_second = Config::new("unused".into()).limits.requests_per_second;
}

/// What a client reads from `ping`, and may read from any answer.
#[track_caller]
fn check_headers(answer: &Answer) {
    assert_eq!(answer.header("tfp-api-version"), "2.6", "2.5 for a `cloud` block, 2.6 for import blocks");
    let version = answer.header("x-tfe-version");
    let (year_and_month, number) = version.strip_prefix('v').and_then(|rest| rest.split_once('-')).unwrap();
    assert!(year_and_month.parse::<u32>().unwrap() >= 202_302 && number.parse::<u32>().is_ok(), "{version}");
    assert!(!answer.header("x-tfe-current-version").contains('v'), "dotted");
    let limit = answer.header("x-ratelimit-limit");
    assert!(limit.is_empty() || limit.parse::<f64>().unwrap() >= 30.0, "{limit}");
}

on_both!(
    every_answer_has_what_clients_look_for,
    Setup { engines: Engines::Fake, configure: usual_limit },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let of_nobody = server.owner.with_token("expired");
        for path in [
            "/ping",
            "/account/details",
            "/organizations/acme/entitlement-set",
            "/organizations/acme/workspaces/net",
            "/organizations/acme/workspaces/nothing",
            &format!("/workspaces/{workspace}/current-state-version"),
            "/nothing",
        ] {
            for actor in [&server.owner, &server.stranger, &server.anonymous, &of_nobody] {
                check_headers(&actor.get(path).await);
            }
        }
    }
);

on_both!(
    a_limit_that_clients_cannot_take_is_not_told,
    Setup { engines: Engines::None, configure: |config| config.limits.requests_per_second = 3 },
    |server| {
        let mut answered = 0;
        for _ in 0..10 {
            let answer = server.anonymous.get("/ping").await;
            // `floor(0.33 * 3)` requests at once are none.
            assert_eq!(answer.header("x-ratelimit-limit"), "");
            assert!(answer.header("x-ratelimit-reset").parse::<f64>().is_ok());
            answered += usize::from(answer.status != 429);
        }
        assert!((1..10).contains(&answered), "{answered}: it is kept");
    }
);

on_both!(what_comes_first_is_answered, |server| {
    let owner = &server.owner;
    server.anonymous.get("//.well-known/terraform.json").await.expect_status(200);
    server.anonymous.get("/ping").await.expect_status(204);
    let entitlements = owner.get("/organizations/acme/entitlement-set").await.expect_status(200);
    assert_eq!(
        (entitlements.at("/data/type"), entitlements.attribute("operations")),
        (json!("entitlement-sets"), json!(true))
    );
    let id = owner.workspace("net").await;
    let workspace = owner.get("/organizations/acme/workspaces/net").await.expect_status(200);
    assert_eq!(workspace.at("/data/relationships/organization/data/id"), "acme");
    for may in ["can-queue-run", "can-update", "can-queue-apply", "can-lock", "can-unlock"] {
        assert_eq!(workspace.at(&format!("/data/attributes/permissions/{may}")), true, "{may}");
    }
    let version =
        json!({ "data": { "type": "workspaces", "attributes": { "terraform-version": "1.99.0" } } });
    owner.patch(&format!("/workspaces/{id}"), &version).await.expect_status(200);
});

on_both!(a_configuration_is_uploaded_with_the_answer, |server| {
    let workspace = server.owner.workspace("net").await;
    for _ in 0..5 {
        let (id, url) = server.owner.configuration_version(&workspace, true).await;
        assert!(url.starts_with("http"), "absolute: {url}");
        server.anonymous.put(&url, creates(1)).await.expect_status(200);
        let read = server.owner.get(&format!("/configuration-versions/{id}")).await.expect_status(200);
        assert_eq!(read.attribute("status"), "uploaded");
    }
});

on_both!(a_refusal_has_a_title_and_a_detail, |server| {
    let workspace = server.owner.workspace("net").await;
    let (pending, _) = server.owner.configuration_version(&workspace, false).await;
    let refused = server.owner.post_run(&workspace, &pending, &json!({})).await.expect_status(422);
    for place in ["/errors/0/title", "/errors/0/detail"] {
        assert!(refused.at(place).as_str().is_some_and(|text| text.len() > 5), "{}", refused.text());
    }
});

on_both!(a_run_that_asks_for_it_is_applied_by_itself, |server| {
    let owner = &server.owner;
    // As `apply -auto-approve`: the workspace says otherwise.
    let workspace = owner.workspace_with(&json!({ "name": "net", "auto-apply": false })).await;
    let run = owner.run(&workspace, creates(1), &json!({ "auto-apply": true })).await;
    owner.wait_for(&run, &["applied"]).await;
    assert!(owner.apply_log(&run).await.lines().count() >= 3, "of which the client drops the first three");
});

/// What a client reads of a run, in whatever order.
async fn check_run(server: &TestServer, run: &Run, status: &str) {
    let owner = &server.owner;
    let path = format!("/runs/{}", run.id);
    let plain = owner.get(&path).await.expect_status(200);
    assert_eq!(plain.attribute("status"), status);
    let with_both = owner.get(&format!("{path}?include=workspace,plan")).await.expect_status(200);
    let included: Vec<Value> = with_both.at("/included").as_array().expect("included").clone();
    for (kind, attribute) in [("workspaces", "structured-run-output-enabled"), ("plans", "status")] {
        let found = included.iter().find(|resource| resource["type"] == kind).expect(kind);
        assert!(!found["attributes"][attribute].is_null(), "{status}: {found}");
    }
    for include in ["task_stages", "task-stages", "tf_policy_evaluations", "plan,workspace,cost_estimate"] {
        let answer = owner.get(&format!("{path}?include={include}")).await.expect_status(200);
        check_document(&answer.at("/data"), status);
    }
    let workspace = plain.at("/data/relationships/workspace/data/id");
    let list =
        owner.get(&format!("/workspaces/{}/runs", workspace.as_str().unwrap())).await.expect_status(200);
    let listed = list.at("/data");
    listed.as_array().unwrap().iter().for_each(|document| check_document(document, status));
    for document in [plain.at("/data"), with_both.at("/data")] {
        check_document(&document, status);
    }
    for path in [format!("{path}/run-events"), "/organizations/acme/runs/queue".to_owned()] {
        assert!(owner.get(&path).await.expect_status(200).at("/data").is_array(), "{status}: {path}");
    }
    owner.get("/organizations/acme/capacity").await.expect_status(200);
    check_log(server, &owner.get(&format!("/plans/{}", run.plan)).await.expect_status(200), status).await;
    check_log(server, &owner.apply(run).await, status).await;
}

/// Without one of these a client ends in a panic.
#[track_caller]
fn check_document(run: &Value, status: &str) {
    for relation in ["plan", "apply", "workspace", "configuration-version"] {
        let id = run.pointer(&format!("/relationships/{relation}/data/id"));
        assert!(id.is_some_and(Value::is_string), "{status}: no {relation} in {run}");
    }
    for (object, flags) in [
        ("actions", ["is-cancelable", "is-confirmable", "is-discardable", "is-force-cancelable"].as_slice()),
        ("permissions", &["can-apply", "can-cancel", "can-discard", "can-force-execute", "can-force-cancel"]),
    ] {
        for flag in flags {
            assert!(run["attributes"][object][flag].is_boolean(), "{status}: no {object}.{flag} in {run}");
        }
    }
}

/// Wherever and whenever it is read, with whatever window.
async fn check_log(server: &TestServer, phase: &Answer, status: &str) {
    let url = phase.attribute("log-read-url").as_str().map(str::to_owned);
    let url = url.unwrap_or_else(|| panic!("{status}: no log: {}", phase.text()));
    assert!(url.starts_with("http") && !url.contains('?'), "the client writes its own query: {url}");
    for window in
        ["limit=65536&offset=0", "limit=65536&offset=99999999", "limit=0&offset=0", "limit=1&offset=1"]
    {
        let answer = server.anonymous.get(&format!("{url}?{window}")).await;
        assert!(
            matches!(answer.status, 200 | 204),
            "{status}: {window}: {} {}",
            answer.status,
            answer.text()
        );
    }
}

async fn act(owner: &Actor, run: &Run, action: &str) {
    owner.post(&format!("/runs/{}/actions/{action}", run.id), &json!({})).await.expect_status(202);
}

on_both!(a_run_is_complete_in_each_status, ONE_SLOT, |server| {
    let owner = &server.owner;
    let [first, second] = [owner.workspace("first").await, owner.workspace("second").await];
    let check = async |run: &Run, status: &str| {
        owner.wait_for(run, &[status]).await;
        check_run(server, run, status).await;
    };
    // With the slot free.
    let hangs_later =
        fake_archive(&json!({ "plan": [{ "plan": { "additions": 1 } }], "apply": [{ "hang": true }] }));
    let waits = owner.run(&first, hangs_later, &json!({})).await;
    check(&waits, "planned").await;
    check(&owner.run(&first, creates(1), &json!({})).await, "pending").await;
    // With the slot taken.
    let takes = owner.run(&second, hangs(), &json!({})).await;
    check(&takes, "planning").await;
    let third = owner.workspace("third").await;
    let queued = owner.run(&third, creates(1), &json!({ "auto-apply": true })).await;
    check(&queued, "plan_queued").await;
    act(owner, &waits, "apply").await;
    check(&waits, "apply_queued").await;
    act(owner, &takes, "cancel").await;
    check(&takes, "canceled").await;
    check(&waits, "applying").await;
    act(owner, &waits, "cancel").await;
    check(&queued, "applied").await;
    // What ends in another way, in a workspace that nobody holds.
    let ends = [
        (changes_nothing(), json!({}), "planned_and_finished"),
        (creates(1), json!({ "save-plan": true }), "planned_and_saved"),
        (plan_steps(&json!([{ "exit": 1 }])), json!({}), "errored"),
        (creates(1), json!({}), "planned"),
    ];
    for (archive, attributes, status) in ends {
        let run = owner.run(&third, archive, &attributes).await;
        check(&run, status).await;
        if status == "planned" {
            act(owner, &run, "discard").await;
            check(&run, "discarded").await;
        }
    }
});

on_both!(all_is_ready_with_the_last_byte_of_the_log, |server| {
    let owner = &server.owner;
    let workspace = owner.workspace("net").await;
    let steps = json!([{ "print": "x\n" }, { "sleep_ms": 20 }, { "plan": { "additions": 2 } }]);
    let configuration = owner.configuration(&workspace, plan_steps(&steps)).await;
    for _ in 0..8 {
        let run = owner.run_of(&workspace, &configuration, &json!({})).await;
        let url = owner.get(&format!("/plans/{}", run.plan)).await.attribute("log-read-url");
        let url = url.as_str().unwrap().to_owned();
        // Held until there is more, so that nothing comes between the byte and the questions.
        let mut log = Vec::new();
        while log.last() != Some(&3) {
            let part = server.anonymous.get(&format!("{url}?limit=65536&offset={}", log.len())).await;
            log.extend(part.expect_status(200).bytes);
        }
        let redirect =
            owner.get(&format!("/plans/{}/json-output-redacted", run.plan)).await.expect_status(307);
        let read = owner.get(&format!("/runs/{}?include=workspace,plan", run.id)).await.expect_status(200);
        assert_eq!(
            (read.attribute("status"), read.attribute("has-changes")),
            (json!("planned"), json!(true))
        );
        assert_eq!(read.at("/data/attributes/actions/is-confirmable"), true, "else an apply is skipped");
        let plan = owner.get(&format!("/plans/{}", run.plan)).await.expect_status(200);
        assert_eq!(plan.attribute("status"), "finished");
        let redacted = server.anonymous.get(redirect.header("location")).await.expect_status(200).json();
        for change in redacted["resource_changes"].as_array().unwrap() {
            let provider = change["provider_name"].as_str().unwrap();
            let kind = change["type"].as_str().unwrap();
            let schema = &redacted["provider_schemas"][provider]["resource_schemas"][kind];
            assert!(schema.is_object(), "a client panics without the schema of {kind}");
        }
        act(owner, &run, "discard").await;
    }
});
