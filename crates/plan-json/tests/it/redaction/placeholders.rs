//! What stands in the place of a secret.

use serde_json::{Value, json};

use super::meaning::redacted;

fn change(before: &Value, after: &Value, before_mask: &Value, after_mask: &Value) -> Value {
    let plan = json!({"format_version": "1.2", "resource_changes": [{
        "address": "a.b", "mode": "managed", "type": "a", "name": "b", "provider_name": "p", "change": {
            "actions": ["update"], "before": before, "after": after, "after_unknown": {},
            "before_sensitive": before_mask, "after_sensitive": after_mask}}]});
    let (document, _) = redacted(&plan.to_string());
    document["resource_changes"][0]["change"].clone()
}

#[test]
fn equal_secrets_are_equal_and_different_ones_differ() {
    let mask = json!({"a": true, "b": true, "c": true, "d": true, "e": true});
    let change = change(
        &json!({"a": "x", "b": "x", "c": 1, "d": null, "e": [1]}),
        &json!({"a": "x", "b": "y", "c": 2, "d": null, "e": []}),
        &mask,
        &mask,
    );
    let (before, after) = (&change["before"], &change["after"]);
    assert_eq!(before["a"], after["a"]);
    assert_eq!(before["a"], before["b"]);
    for key in ["b", "c", "e"] {
        assert_ne!(before[key], after[key], "{key}");
    }
    assert_eq!((&before["d"], &after["d"]), (&Value::Null, &Value::Null));
    assert!(before["e"].is_array() && after["e"].is_array());
    assert_eq!((&change["before_sensitive"], &change["after_sensitive"]), (&mask, &mask));
}

#[test]
fn text_around_a_secret_stays_and_its_changes_show() {
    let change = change(
        &json!({"password": "hunter2hunter", "url": "https://u:hunter2hunter@db/x"}),
        &json!({"password": "swordfish", "url": "https://u:swordfish@db/x"}),
        &json!({"password": true}),
        &json!({"password": true}),
    );
    assert_eq!(change["before"]["url"], "https://u:(sensitive value 1)@db/x");
    assert_eq!(change["after"]["url"], "https://u:(sensitive value 2)@db/x");
}

#[test]
fn a_number_that_is_a_secret_is_marked_where_it_is_replaced() {
    let change = change(
        &json!({"pin": 123_456_789, "copy": {"list": [1, 123_456_789]}}),
        &json!({"pin": 123_456_789, "copy": {"list": [1, 123_456_788]}}),
        &json!({"pin": true}),
        &json!({"pin": true}),
    );
    assert_eq!(change["before"]["copy"]["list"], json!([1, "(sensitive value 1)"]));
    assert_eq!(change["before_sensitive"], json!({"pin": true, "copy": {"list": [false, true]}}));
    assert_eq!(change["after"]["copy"]["list"], json!([1, 123_456_788]));
    assert_eq!(change["after_sensitive"], json!({"pin": true}));
}

#[test]
fn short_secrets_are_hidden_in_every_section() {
    let change = json!({"actions": ["create"], "before": {"a": "s1"}, "after": [{"a": "s2"}], "after_unknown": false,
        "before_sensitive": {"a": true}, "after_sensitive": true});
    let resource = json!({"address": "a.b", "mode": "data", "type": "a", "name": "b", "change": change});
    let plan = json!({"format_version": "1.2", "resource_changes": [resource], "resource_drift": [resource],
        "deferred_changes": [{"reason": "r", "resource_change": resource}], "output_changes": {"o": change},
        "action_invocations": [{"config_values": {"a": "s3"}, "config_sensitive": {"a": true}}]});
    let (document, done) = redacted(&plan.to_string());
    let text = document.to_string();
    for secret in ["s1", "s2", "s3"] {
        assert!(!text.contains(&format!("\"{secret}\"")), "{secret} in {text}");
    }
    assert_eq!(done.hidden, 9);
}

#[test]
fn a_value_without_its_mask_is_hidden_and_marked() {
    for mask in
        [Value::Null, json!([]), json!({"a": {"b": true}}), json!({"a": [true]}), json!("x"), json!([true])]
    {
        let change = change(&Value::Null, &json!({"a": "shown", "b": [1]}), &Value::Null, &mask);
        assert_eq!(change["after"], json!({"sensitive": "(sensitive value 1)"}), "{mask}");
        assert_eq!(change["after_sensitive"], true, "{mask}");
        assert_eq!((&change["before"], &change["before_sensitive"]), (&Value::Null, &json!(false)));
    }
}
