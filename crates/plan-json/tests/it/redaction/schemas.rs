//! The schemas that come with a document.

use std::io::Cursor;

use serde_json::{Value, json};
use terrane_plan_json::{Error, Known, Redaction, redact};

fn with_schemas(schemas: &str) -> Result<(Value, Redaction), Error> {
    let change = json!({"actions": ["create"], "before": null, "after": {"id": "x", "password": "hunter2hunter"},
        "after_unknown": {}, "before_sensitive": false, "after_sensitive": {}});
    let resource = |kind: &str, mode: &str, provider: &str| {
        json!({"address": "hunter2hunter", "mode": mode, "type": kind, "name": "b", "provider_name": provider,
            "change": change})
    };
    let plan = json!({"format_version": "1.2", "resource_changes": [resource("one", "managed", "p"),
        resource("two", "data", "p"), resource("three", "managed", "q")]});
    let mut output = Vec::new();
    let plan = plan.to_string();
    let done = redact(Cursor::new(plan), Some(Cursor::new(schemas)), &Known::default(), &mut output)?;
    Ok((serde_json::from_slice(&output).unwrap(), done))
}

fn schema(attributes: &Value) -> Value {
    json!({"version": 1, "block": {"attributes": attributes, "description": "d"}})
}

#[test]
fn only_the_types_that_occur_are_there_and_none_is_missing() {
    let marked =
        schema(&json!({"password": {"type": "string", "sensitive": true}, "id": {"type": "string"}}));
    let other = schema(&json!({"id": {"type": "string"}}));
    let schemas = json!({"format_version": "1.0", "provider_schemas": {
        "unused": {"provider": other, "resource_schemas": {"one": other}},
        "p": {"provider": other, "functions": {"f": {}}, "resource_schemas": {"zero": other, "one": marked},
            "data_source_schemas": {"one": other}, "ephemeral_resource_schemas": {"one": other}}}});
    let (document, done) = with_schemas(&schemas.to_string()).unwrap();
    let empty = json!({"version": 0, "block": {}});
    let expected = json!({
        "p": {"provider": other, "resource_schemas": {"one": marked}, "data_source_schemas": {"two": empty},
            "action_schemas": {}},
        "q": {"provider": {}, "resource_schemas": {"three": empty}, "data_source_schemas": {},
            "action_schemas": {}}});
    assert_eq!(document["provider_schemas"], expected);
    assert_eq!(document["provider_format_version"], "1.0");
    assert_eq!(done.missing_schemas, 2);
    let change = &document["resource_changes"][0]["change"];
    assert_eq!(change["after_sensitive"], json!({"password": true}));
    assert!(!document.to_string().contains("hunter2"));
}

#[test]
fn schemas_that_cannot_be_read_are_an_error_without_their_text() {
    for schemas in [
        "",
        "[]",
        "{}",
        r#"{"format_version":"2.0","provider_schemas":{}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"p":{"resource_schemas":[]}}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"p":{"resource_schemas":{"one":{"block":"hunter2"}}}}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"p":{"resource_schemas":{"one":{"block":{"attributes":{"a":{"sensitive":1,"sensitive":2}}}}}}}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"p":{"provider":{},"provider":{}}}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"p":{},"p":{"resource_schemas":{"one":{},"one":{}}}}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"p":{"provider":{"a":tru}}}}"#,
        r#"{"format_version":"1.0","provider_schemas":{"#,
    ] {
        let error = with_schemas(schemas).unwrap_err();
        assert!(matches!(error, Error::Schemas(_)) && error.is_document_fault(), "{schemas}: {error}");
        assert!(error.to_string().starts_with("the provider schemas cannot be used: "), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
