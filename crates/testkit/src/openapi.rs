//! Descriptions of the API, the official one and our own, and whether a body is as they say.

use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::OnceLock;
use terrane_server::router;

/// A JSON:API answer.
const MEDIA_TYPE: &str = "application/vnd.api+json";

/// A description with its schemas, OpenAPI 3.0 or 3.1.
#[derive(Debug)]
pub struct OpenApi(Value);

/// One place where a body is not as described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// A JSON pointer; items of lists are `*`.
    pub place: String,
    /// In words.
    pub what: String,
}

impl OpenApi {
    /// The official description, read once; a test that cannot have it fails.
    ///
    /// # Panics
    /// When the file is not there or is no JSON.
    pub fn official() -> &'static Self {
        static FILE: OnceLock<OpenApi> = OnceLock::new();
        FILE.get_or_init(Self::read)
    }

    /// Our own, made from the route table.
    ///
    /// # Panics
    /// When a route is not described.
    pub fn ours() -> &'static Self {
        static OURS: OnceLock<OpenApi> = OnceLock::new();
        OURS.get_or_init(|| {
            let document =
                terrane_server::platform::openapi::document(&router::routes(), router::operations());
            Self(document.unwrap_or_else(|reason| panic!("{reason}")))
        })
    }

    /// The whole document.
    pub fn document(&self) -> &Value {
        &self.0
    }

    fn read() -> Self {
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
        self.operation(method, path)?["responses"].as_object()
    }

    /// The operation of a route of ours, where the official file has that route.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = anonymous(path.strip_prefix("/api/v2")?);
        let paths = self.0["paths"].as_object().expect("the file has paths");
        let (_, item) = paths.iter().find(|(other, _)| anonymous(other) == path)?;
        item.get(method.to_lowercase())
    }

    /// The route of ours that a request reaches: its path and its operation. Only in our own description, whose paths
    /// are whole.
    pub fn reached(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let parts: Vec<&str> = path.split('/').collect();
        let paths = self.0["paths"].as_object().expect("a description has paths");
        let fitting = paths.iter().filter(|(template, _)| fits(template, &parts));
        // What is written out wins over a parameter.
        let (template, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template, item.get(method.to_lowercase())?))
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
            if !is_nullable && self.choices_for(schema, value) != Some(true) {
                wrong("null where the schema has no null".to_owned());
            }
            return;
        }
        if !is_any_of(value, &schema["type"]) {
            return wrong(format!("{value} is no {}", schema["type"]));
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
        let allows = |schema: &Value| {
            schema.is_null()
                || schema == &Value::Bool(true)
                || schema
                    .as_object()
                    .is_some_and(|members| !members.keys().any(|key| RESTRICTING.contains(&key.as_str())))
                || schema["nullable"] == true
                || is_any_of(&Value::Null, &schema["type"]) && !schema["type"].is_null()
        };
        let (mut schema, mut is_nullable) = (schema, allows(schema));
        while let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/components/schemas/").expect("references are to schemas");
            schema = self.schema(name).unwrap_or_else(|| panic!("the file has no schema {name}"));
            is_nullable |= allows(schema);
        }
        (is_nullable, schema)
    }

    fn walk_combined(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<Violation>) {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.walk(part, value, place, found);
        }
        if self.choices_for(schema, value) == Some(false) {
            found.push(Violation { place: place.to_owned(), what: format!("{value} fits no choice") });
        }
    }

    /// Whether a value fits one of a schema's choices, where it has choices.
    fn choices_for(&self, schema: &Value, value: &Value) -> Option<bool> {
        let choices = ["oneOf", "anyOf"].iter().find_map(|key| schema[*key].as_array())?;
        Some(choices.iter().any(|choice| self.violations(choice, value).is_empty()))
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
            let place = format!("{place}/{name}");
            match inner {
                Some(inner) => self.walk(inner, value, &place, found),
                None if schema["additionalProperties"] == false => {
                    found.push(Violation { place, what: "is not described".to_owned() });
                }
                None => {}
            }
        }
    }
}

/// Words of a schema that keep `null` out unless it is named.
const RESTRICTING: [&str; 7] = ["type", "enum", "$ref", "allOf", "anyOf", "oneOf", "properties"];

fn is_any_of(value: &Value, kinds: &Value) -> bool {
    match kinds {
        Value::String(kind) => is_a(value, kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(|kind| is_a(value, kind)),
        _ => true,
    }
}

/// Whether a path is one of a template's; a parameter is one part that is not empty.
fn fits(template: &str, parts: &[&str]) -> bool {
    let template: Vec<&str> = template.split('/').collect();
    template.len() == parts.len()
        && template
            .iter()
            .zip(parts)
            .all(|(wanted, part)| if wanted.starts_with('{') { !part.is_empty() } else { wanted == part })
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
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
                "one": { "oneOf": [{ "type": "boolean" }, { "type": "integer" }] },
                "closed": { "type": ["object", "null"], "additionalProperties": false, "properties": {
                    "a": { "anyOf": [{ "type": "null" }, { "type": "string" }] }, "b": {} } } } } } } }));
        let thing = file.schema("thing").expect("it is there");
        let fine = json!({ "id": "a", "maybe": null, "at": "2026-01-01T00:00:00Z", "list": [1], "both": "b", "one": 1, "more": {} });
        assert_eq!(file.violations(thing, &fine), []);
        let fine = json!({ "id": "a", "closed": { "a": null, "b": null } });
        assert_eq!(file.violations(thing, &fine), []);
        assert_eq!(file.violations(thing, &json!({ "id": "a", "closed": null })), []);
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
            (json!({ "id": "a", "one": null }), "/one"),
            (json!({ "id": "a", "closed": { "c": 1 } }), "/closed/c"),
            (json!({ "id": "a", "closed": { "a": 1 } }), "/closed/a"),
        ] {
            let found = file.violations(thing, &wrong);
            assert_eq!(found.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), [place], "{wrong}");
        }
    }
}
