//! One member of a request: an attribute, a plain member or a query parameter, with the limits that are enforced.

use serde_json::{Map, Value, json};

/// One member. Optional until [`Field::required`]; an optional attribute may also be `null`.
#[derive(Debug, Clone)]
pub struct Field {
    /// As clients write it.
    pub name: &'static str,
    /// Whether a request without it is refused.
    pub is_required: bool,
    note: &'static str,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    Text { chars_max: Option<usize>, pattern: Option<&'static str> },
    Flag,
    Whole { min: i64, max: i64 },
    OneOf(Vec<&'static str>),
    Time,
    Texts,
    ListOf(Vec<Field>),
    Object(Vec<Field>),
    Any,
}

fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, is_required: false, note: "", shape }
}

/// A text.
pub fn text(name: &'static str) -> Field {
    field(name, Shape::Text { chars_max: None, pattern: None })
}

/// `true` or `false`.
pub fn flag(name: &'static str) -> Field {
    field(name, Shape::Flag)
}

/// A whole number from `min` to `max`.
pub fn whole(name: &'static str, min: i64, max: i64) -> Field {
    field(name, Shape::Whole { min, max })
}

/// One of these texts.
pub fn one_of(name: &'static str, texts: impl IntoIterator<Item = &'static str>) -> Field {
    field(name, Shape::OneOf(texts.into_iter().collect()))
}

/// A time in RFC 3339.
pub fn time(name: &'static str) -> Field {
    field(name, Shape::Time)
}

/// A list of texts.
pub fn texts(name: &'static str) -> Field {
    field(name, Shape::Texts)
}

/// A list of objects.
pub fn list_of(name: &'static str, members: impl IntoIterator<Item = Field>) -> Field {
    field(name, Shape::ListOf(members.into_iter().collect()))
}

/// An object.
pub fn object(name: &'static str, members: impl IntoIterator<Item = Field>) -> Field {
    field(name, Shape::Object(members.into_iter().collect()))
}

/// Anything: accepted and not looked at.
pub fn any(name: &'static str) -> Field {
    field(name, Shape::Any)
}

impl Field {
    /// A request without it is refused.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// What it means, where the name does not say it.
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// A text of at most this many characters.
    #[must_use]
    pub fn up_to(mut self, limit: usize) -> Self {
        if let Shape::Text { chars_max, .. } = &mut self.shape {
            *chars_max = Some(limit);
        }
        self
    }

    /// A text that this regular expression fits.
    #[must_use]
    pub fn like(mut self, expression: &'static str) -> Self {
        if let Shape::Text { pattern, .. } = &mut self.shape {
            *pattern = Some(expression);
        }
        self
    }

    /// As a query parameter.
    pub fn parameter(&self) -> Value {
        let mut parameter = json!({ "name": self.name, "in": "query", "required": self.is_required });
        if !self.note.is_empty() {
            parameter["description"] = self.note.into();
        }
        parameter["schema"] = self.bare_schema();
        parameter
    }

    /// As a member of a body.
    pub fn schema(&self) -> Value {
        let mut schema = self.bare_schema();
        if !self.is_required {
            allow_null(&mut schema);
        }
        if !self.note.is_empty() {
            schema["description"] = self.note.into();
        }
        schema
    }

    fn bare_schema(&self) -> Value {
        match &self.shape {
            Shape::Text { chars_max, pattern } => {
                let mut schema = json!({ "type": "string" });
                if self.is_required {
                    schema["minLength"] = 1.into();
                }
                if let Some(limit) = chars_max {
                    schema["maxLength"] = (*limit).into();
                }
                if let Some(pattern) = pattern {
                    schema["pattern"] = (*pattern).into();
                }
                schema
            }
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Shape::OneOf(texts) => json!({ "type": "string", "enum": texts }),
            Shape::Time => json!({ "type": "string", "format": "date-time" }),
            Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Shape::ListOf(members) => json!({ "type": "array", "items": members_schema(members) }),
            Shape::Object(members) => members_schema(members),
            Shape::Any => json!({}),
        }
    }
}

/// An object with these members. Unknown ones are ignored by the server, so they are allowed.
pub(super) fn members_schema(members: &[Field]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|member| (member.name.to_owned(), member.schema())).collect();
    let required: Vec<&str> =
        members.iter().filter(|member| member.is_required).map(|member| member.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn allow_null(schema: &mut Value) {
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
}
