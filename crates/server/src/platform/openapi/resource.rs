//! A type of resource as answers show it.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// A type of resource. Its attributes are described by the struct that is serialized, so they cannot disagree.
#[derive(Debug, Clone, Copy)]
pub struct ResourceType {
    /// The JSON:API type.
    pub kind: &'static str,
    /// The schema's name, unique in the document.
    pub name: &'static str,
    attributes: fn(&mut SchemaGenerator) -> Schema,
}

impl ResourceType {
    /// The type whose attributes `A` holds.
    pub const fn of<A: JsonSchema>(kind: &'static str) -> Self {
        Self { kind, name: kind, attributes: A::json_schema }
    }

    /// Another name, for a second form of the same type.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// The schema of the attributes: what is not named does not occur.
    pub(super) fn attributes(&self) -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let mut schema = (self.attributes)(&mut settings.into_generator()).to_value();
        close(&mut schema);
        schema
    }
}

/// Says of every object with named members that it has no others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
