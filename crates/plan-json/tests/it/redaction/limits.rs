//! Large documents and many secrets.

use std::fmt::Write as _;

use serde_json::{Value, json};
use terrane_plan_json::Error;

use super::meaning::{redacted, try_redacted};

/// A plan whose resources have so many different secrets, the last of which stands elsewhere, too.
fn plan(secrets: usize) -> String {
    let mut plan = String::from(r#"{"format_version":"1.2","resource_changes":["#);
    for number in 0..secrets {
        write!(
            plan,
            r#"{{"address":"a.b[\"k{number}\"]","index":"k{number}","mode":"managed","type":"a","name":"b",
            "provider_name":"p","change":{{"actions":["update"],"before":null,"before_sensitive":false,"after":
            {{"id":"plain-{number}","s":"secret-{number:06}-x"}},"after_unknown":{{}},
            "after_sensitive":{{"s":true}},"replace_paths":[["id"]],"importing":{{"id":"plain"}},
            "generated_config":"plain"}}}},"#
        )
        .unwrap();
    }
    plan.pop();
    plan + r#"],"relevant_attributes":[{"resource":"a.plain","attribute":["x"]}]}"#
}

#[test]
fn with_too_many_secrets_every_value_is_hidden() {
    let (document, done) = redacted(&plan(20_000));
    assert!(!done.is_withheld && done.secrets == 20_000);
    assert_eq!(document["resource_changes"][7]["change"]["after"]["id"], "plain-7");
    let (document, done) = redacted(&plan(20_001));
    assert!(done.is_withheld);
    let text = document.to_string();
    assert!(
        !text.contains("plain") && !text.contains("secret-0") && !text.contains("k7"),
        "{}",
        &text[..2000]
    );
    assert_eq!(document["resource_changes"].as_array().unwrap().len(), 20_001);
    let change = &document["resource_changes"][7];
    assert_eq!(change["address"], "a.b[(sensitive value)]");
    assert_eq!(change["change"]["actions"], json!(["update"]));
    assert_eq!(change["change"]["before"], Value::Null);
    assert_ne!(change["change"]["after"], document["resource_changes"][8]["change"]["after"]);
}

#[test]
fn an_element_may_be_large_but_not_too_large() {
    let with_text = |length: usize| {
        let text = "x".repeat(length);
        format!(
            r#"{{"format_version":"1.2","resource_changes":[{{"mode":"data","change":{{"after":{{"a":"{text}"}},
            "after_sensitive":{{"a":true}}}}}}]}}"#
        )
    };
    assert!(try_redacted(&with_text(1 << 19)).is_ok_and(|(_, done)| !done.is_withheld));
    // A secret that is too long to be looked for.
    assert!(try_redacted(&with_text(2 << 20)).is_ok_and(|(_, done)| done.is_withheld));
    assert!(matches!(try_redacted(&with_text(33 << 20)), Err(Error::ElementTooLarge { .. })));
}

#[test]
fn a_mask_of_too_many_places_hides_the_value() {
    let value = vec!["x"; 200_000];
    let mask = vec![false; 200_000];
    let plan = json!({"format_version": "1.2", "resource_changes": [{"mode": "data", "change": {
        "after": value, "after_sensitive": mask}}]});
    let (document, _) = redacted(&plan.to_string());
    assert_eq!(document["resource_changes"][0]["change"]["after_sensitive"], true);
}
