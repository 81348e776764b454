//! Bodies as JSON schemas.

use super::field::members_schema;
use super::operation::{Answer, Link, Takes};
use super::resource::ResourceType;
use serde_json::{Map, Value, json};
use terrane_jsonapi::MEDIA_TYPE;

/// The schema of a document that a request carries.
pub(super) fn request_body(takes: &Takes) -> Option<Value> {
    let (media_type, is_required, schema) = match takes {
        Takes::Nothing => return None,
        Takes::Resource { kind, attributes, links } => {
            let is_required =
                attributes.iter().any(|field| field.is_required) || links.iter().any(|link| link.is_required);
            let mut data = json!({ "type": "object", "properties": {
                "type": { "type": "string", "enum": [kind] }, "attributes": members_schema(attributes) } });
            let mut required = vec!["type"];
            if attributes.iter().any(|field| field.is_required) {
                required.push("attributes");
            }
            if !links.is_empty() {
                data["properties"]["relationships"] = links_schema(links);
            }
            if links.iter().any(|link| link.is_required) {
                required.push("relationships");
            }
            data["required"] = required.into();
            (MEDIA_TYPE, is_required, in_data(&data))
        }
        Takes::Resources { kind, attributes } => {
            let mut item = json!({ "type": "object", "properties": {
                "type": { "type": "string", "enum": [kind] } } });
            if attributes.is_empty() {
                item["properties"]["id"] = json!({ "type": "string" });
                item["required"] = json!(["type", "id"]);
            } else {
                item["properties"]["attributes"] = members_schema(attributes);
                item["required"] = json!(["type", "attributes"]);
            }
            (MEDIA_TYPE, true, in_data(&json!({ "type": "array", "items": item })))
        }
        Takes::Plain(members) => (MEDIA_TYPE, false, members_schema(members)),
        Takes::Bytes(media_type) => (*media_type, true, json!({ "type": "string", "format": "binary" })),
    };
    Some(json!({ "required": is_required, "content": { media_type: { "schema": schema } } }))
}

fn in_data(data: &Value) -> Value {
    json!({ "type": "object", "properties": { "data": data }, "required": ["data"] })
}

fn links_schema(links: &[Link]) -> Value {
    let one = |kind: &str| {
        json!({ "type": "object", "required": ["type", "id"], "properties": {
            "type": { "type": "string", "enum": [kind] }, "id": { "type": "string" } } })
    };
    let properties: Map<String, Value> = links
        .iter()
        .map(|link| {
            let mut data = one(link.kind);
            if link.is_many {
                data = json!({ "type": "array", "items": data });
            } else if !link.is_required {
                data["type"] = json!(["object", "null"]);
            }
            let schema = json!({ "type": "object", "properties": { "data": data }, "required": ["data"] });
            (link.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = links.iter().filter(|link| link.is_required).map(|link| link.name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// An answer, without its description.
pub(super) fn answer(answer: Answer) -> Value {
    let to = |resource: ResourceType| json!({ "$ref": format!("#/components/schemas/{}", resource.name) });
    let list = |resource: ResourceType| json!({ "type": "array", "items": to(resource) });
    let page_of = |data: Value, required: &[&str], kind: &str| {
        let mut schema = json!({ "type": "object", "additionalProperties": false, "required": ["data"],
            "properties": { "data": data, "included": { "type": "array", "items": {
                "$ref": "#/components/schemas/resource" } } } });
        schema["required"] = json!(required);
        if !kind.is_empty() {
            schema["properties"]["links"] = json!({ "$ref": format!("#/components/schemas/{kind}-links") });
            schema["properties"]["meta"] = json!({ "$ref": format!("#/components/schemas/{kind}-meta") });
        }
        json!({ "content": { MEDIA_TYPE: { "schema": schema } } })
    };
    let document = |data: Value| page_of(data, &["data"], "");
    match answer {
        Answer::Nothing => json!({}),
        Answer::One(resource) => document(to(resource)),
        Answer::Many(resource) => document(list(resource)),
        Answer::Page(resource) => page_of(list(resource), &["data", "links", "meta"], "page"),
        Answer::UncountedPage(resource) => {
            page_of(list(resource), &["data", "links", "meta"], "uncounted-page")
        }
        Answer::PageIfAsked(resource) => page_of(list(resource), &["data"], "page"),
        Answer::Redirect => json!({ "headers": { "Location": { "required": true, "schema": {
            "type": "string", "format": "uri" } } } }),
        Answer::Bytes(media_type) => json!({ "content": { media_type: {} } }),
    }
}

/// The resource type that an answer shows.
pub(super) fn shown(answer: Answer) -> Option<ResourceType> {
    match answer {
        Answer::One(resource)
        | Answer::Many(resource)
        | Answer::Page(resource)
        | Answer::UncountedPage(resource)
        | Answer::PageIfAsked(resource) => Some(resource),
        Answer::Nothing | Answer::Redirect | Answer::Bytes(_) => None,
    }
}

/// A resource of this type.
pub(super) fn resource(resource: &ResourceType) -> Value {
    json!({ "type": "object", "additionalProperties": false, "required": ["id", "type", "attributes"],
        "properties": { "id": { "type": "string" }, "type": { "type": "string", "enum": [resource.kind] },
            "attributes": resource.attributes(),
            "relationships": { "$ref": "#/components/schemas/relationships" },
            "links": { "$ref": "#/components/schemas/links" } } })
}

/// What documents of all types share.
pub(super) fn shared() -> Map<String, Value> {
    let linkage = json!({ "type": "object", "additionalProperties": false, "required": ["type", "id"],
        "properties": { "type": { "type": "string" }, "id": { "type": "string" } } });
    let number = json!({ "type": "integer", "minimum": 0 });
    let maybe_number = json!({ "type": ["integer", "null"], "minimum": 0 });
    let text = json!({ "type": "string" });
    let maybe_text = json!({ "type": ["string", "null"] });
    let shared = json!({
        "resource": { "type": "object", "required": ["id", "type", "attributes"], "additionalProperties": false,
            "properties": { "id": text, "type": text, "attributes": { "type": "object" },
                "relationships": { "$ref": "#/components/schemas/relationships" },
                "links": { "$ref": "#/components/schemas/links" } } },
        "relationships": { "type": "object", "additionalProperties": { "type": "object",
            "additionalProperties": false, "properties": {
                "data": { "anyOf": [{ "type": "null" }, linkage, { "type": "array", "items": linkage }] },
                "links": { "type": "object", "additionalProperties": false, "required": ["related"],
                    "properties": { "related": text } } } } },
        "links": { "type": "object", "additionalProperties": maybe_text },
        "page-links": { "type": "object", "additionalProperties": false,
            "required": ["self", "first", "prev", "next", "last"], "properties": { "self": text, "first": text,
                "prev": maybe_text, "next": maybe_text, "last": text } },
        "page-meta": { "type": "object", "required": ["pagination"], "properties": { "pagination": {
            "type": "object", "additionalProperties": false,
            "required": ["current-page", "page-size", "prev-page", "next-page", "total-pages", "total-count"],
            "properties": { "current-page": number, "page-size": number, "prev-page": maybe_number,
                "next-page": maybe_number, "total-pages": number, "total-count": number } } } },
        "uncounted-page-links": { "type": "object", "additionalProperties": false,
            "required": ["self", "prev", "next"],
            "properties": { "self": text, "prev": maybe_text, "next": maybe_text } },
        "uncounted-page-meta": { "type": "object", "required": ["pagination"], "properties": { "pagination": {
            "type": "object", "additionalProperties": false,
            "required": ["current-page", "page-size", "prev-page", "next-page"], "properties": {
                "current-page": number, "page-size": number, "prev-page": maybe_number,
                "next-page": maybe_number } } } },
        "errors": { "type": "object", "additionalProperties": false, "required": ["errors"], "properties": {
            "errors": { "type": "array", "minItems": 1, "items": { "type": "object",
                "additionalProperties": false, "required": ["status", "title"], "properties": {
                    "status": { "type": "string", "pattern": "^[45][0-9][0-9]$" }, "title": text,
                    "detail": text, "source": { "type": "object", "additionalProperties": false,
                        "required": ["pointer"], "properties": { "pointer": text } } } } } } },
    });
    match shared {
        Value::Object(shared) => shared,
        _ => Map::new(),
    }
}
