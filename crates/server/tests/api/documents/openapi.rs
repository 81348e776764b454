//! The official description of the API, and whether a body is as it says.

use serde_json::{Map, Value};
use std::path::PathBuf;

/// A JSON:API answer.
const MEDIA_TYPE: &str = "application/vnd.api+json";

/// The file with its schemas.
pub struct OpenApi(Value);

/// One place where a body is not as described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A JSON pointer; items of lists are `*`.
    pub place: String,
    pub what: String,
}

impl OpenApi {
    /// Reads the file; a test that cannot have it fails.
    pub fn read() -> Self {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
        let shared = std::env::var_os("TERRANE_SHARED").map_or(beside, PathBuf::from);
        let path = shared.join("contract/openapi-official.json");
        let text = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; name the folder that holds contract/ in TERRANE_SHARED", path.display())
        });
        Self(serde_json::from_slice(&text).expect("the official file is JSON"))
    }

    /// The schema of a successful answer to a route of ours, where the file has that route and it answers a document.
    pub fn answer(&self, method: &str, path: &str) -> Option<&Value> {
        let answers = self.answers(method, path)?;
        let (_, answer) = answers.iter().find(|(status, _)| status.starts_with('2'))?;
        answer["content"][MEDIA_TYPE].get("schema")
    }

    /// The statuses that the file has for a route of ours, where it has that route.
    pub fn statuses(&self, method: &str, path: &str) -> Option<Vec<String>> {
        Some(self.answers(method, path)?.keys().cloned().collect())
    }

    fn answers(&self, method: &str, path: &str) -> Option<&Map<String, Value>> {
        let path = anonymous(path.strip_prefix("/api/v2")?);
        let paths = self.0["paths"].as_object().expect("the file has paths");
        let (_, item) = paths.iter().find(|(other, _)| anonymous(other) == path)?;
        item.get(method.to_lowercase())?["responses"].as_object()
    }

    /// A schema by name.
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.0["components"]["schemas"].get(name)
    }

    /// Everything about a value that is not as its schema says. What the schema does not name is allowed.
    pub fn violations(&self, schema: &Value, value: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        self.walk(schema, value, "", &mut found);
        found
    }

    fn walk(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<Violation>) {
        let (is_nullable, schema) = self.resolve(schema);
        let mut wrong = |what: String| found.push(Violation { place: place.to_owned(), what });
        if value.is_null() {
            if !is_nullable {
                wrong("null where the schema has no null".to_owned());
            }
            return;
        }
        if let Some(kind) = schema["type"].as_str()
            && !is_a(value, kind)
        {
            return wrong(format!("{value} is no {kind}"));
        }
        if let Some(values) = schema["enum"].as_array()
            && !values.contains(value)
        {
            wrong(format!("{value} is none of {values:?}"));
        }
        if schema["format"] == "date-time"
            && !value
                .as_str()
                .is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok())
        {
            wrong(format!("{value} is no time in UTC"));
        }
        if let Some(limit) = schema["maxLength"].as_u64()
            && value.as_str().is_some_and(|text| text.chars().count() as u64 > limit)
        {
            wrong(format!("{value} is longer than {limit}"));
        }
        self.walk_combined(schema, value, place, found);
        match value {
            Value::Object(object) => self.walk_object(schema, object, place, found),
            Value::Array(items) => {
                let each = format!("{place}/*");
                items.iter().for_each(|item| self.walk(&schema["items"], item, &each, found));
            }
            _ => {}
        }
    }

    /// Follows references; a `null` is allowed when any schema on the way allows it.
    fn resolve<'a>(&'a self, schema: &'a Value) -> (bool, &'a Value) {
        let (mut schema, mut is_nullable) = (schema, schema.is_null() || schema["nullable"] == true);
        while let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/components/schemas/").expect("references are to schemas");
            schema = self.schema(name).unwrap_or_else(|| panic!("the file has no schema {name}"));
            is_nullable |= schema["nullable"] == true;
        }
        (is_nullable, schema)
    }

    fn walk_combined(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<Violation>) {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.walk(part, value, place, found);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let fitting = choices.iter().filter(|choice| self.violations(choice, value).is_empty()).count();
            if fitting == 0 {
                found.push(Violation { place: place.to_owned(), what: format!("{value} is none of oneOf") });
            }
        }
    }

    fn walk_object(
        &self,
        schema: &Value,
        object: &Map<String, Value>,
        place: &str,
        found: &mut Vec<Violation>,
    ) {
        let properties = &schema["properties"];
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) && properties[name]["writeOnly"] != true {
                found.push(Violation { place: format!("{place}/{name}"), what: "is missing".to_owned() });
            }
        }
        for (name, value) in object {
            let inner = properties.get(name).or_else(|| {
                schema["additionalProperties"].as_object().map(|_| &schema["additionalProperties"])
            });
            if let Some(inner) = inner {
                self.walk(inner, value, &format!("{place}/{name}"), found);
            }
        }
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the file has a new type {other:?}"),
    }
}

/// A path without the names of its parameters.
fn anonymous(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A walker that finds nothing proves nothing.
    #[test]
    fn every_kind_of_violation_is_found() {
        let file = OpenApi(json!({ "components": { "schemas": {
            "name": { "type": "string", "enum": ["a", "b"] },
            "maybe": { "type": "object", "nullable": true },
            "thing": { "type": "object", "required": ["id"], "properties": {
                "id": { "$ref": "#/components/schemas/name" },
                "maybe": { "$ref": "#/components/schemas/maybe" },
                "at": { "type": "string", "format": "date-time" },
                "list": { "type": "array", "items": { "type": "integer" } },
                "both": { "allOf": [{ "$ref": "#/components/schemas/name" }] },
                "one": { "oneOf": [{ "type": "boolean" }, { "type": "integer" }] } } } } } }));
        let thing = file.schema("thing").expect("it is there");
        let fine = json!({ "id": "a", "maybe": null, "at": "2026-01-01T00:00:00Z", "list": [1], "both": "b", "one": 1, "more": {} });
        assert_eq!(file.violations(thing, &fine), []);
        for (wrong, place) in [
            (json!({}), "/id"),
            (json!({ "id": "c" }), "/id"),
            (json!({ "id": 7 }), "/id"),
            (json!({ "id": null }), "/id"),
            (json!({ "id": "a", "at": "2026-01-01T00:00:00+00:00" }), "/at"),
            (json!({ "id": "a", "list": [1, "2"] }), "/list/*"),
            (json!({ "id": "a", "list": {} }), "/list"),
            (json!({ "id": "a", "both": "c" }), "/both"),
            (json!({ "id": "a", "one": "x" }), "/one"),
            (json!({ "id": "a", "maybe": 1 }), "/maybe"),
        ] {
            let found = file.violations(thing, &wrong);
            assert_eq!(found.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), [place], "{wrong}");
        }
    }
}
