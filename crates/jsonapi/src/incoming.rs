//! What comes in: request documents, read leniently where clients are (api-contract 2.2, 2.4, section 20 row 20)
//! and strictly where a mistake would be kept.

use crate::{Errors, Item};
use serde_json::{Map, Value};

/// Nesting deeper than this is refused; no document of this API comes near.
const DEPTH_MAX: usize = 64;

/// A member of a request: not there, `null`, or a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<T> {
    /// Not named: on an update it stays as it is.
    Absent,
    /// Named and `null`.
    Null,
    /// Named with a value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, where there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Sets `target` when a value was given; absent and `null` leave it.
    pub fn set(self, target: &mut T) {
        if let Self::Value(value) = self {
            *target = value;
        }
    }

    /// Sets an optional `target`: `null` clears it, absent leaves it.
    pub fn set_optional(self, target: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *target = None,
            Self::Value(value) => *target = Some(value),
        }
    }
}

/// The attributes of a request with the pointer they stand at.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    map: Map<String, Value>,
    /// `None` for the attributes of the one resource.
    place: Option<String>,
}

impl Attributes {
    pub(crate) fn at(place: String, map: Map<String, Value>) -> Self {
        Self { map: kebab_keys(map), place: Some(place) }
    }

    /// The JSON pointer of an attribute.
    pub fn pointer(&self, key: &str) -> String {
        format!("{}/{key}", self.place.as_deref().unwrap_or("/data/attributes"))
    }

    fn find<T>(&self, key: &str, kind: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Given<T>, Errors> {
        match self.map.get(key) {
            None => Ok(Given::Absent),
            Some(Value::Null) => Ok(Given::Null),
            Some(value) => read(value)
                .map(Given::Value)
                .ok_or_else(|| Errors::invalid(self.pointer(key), format!("{key} must be {kind}"))),
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Given<String>, Errors> {
        self.find(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// A text that must be there and not be empty.
    pub fn required_text(&self, key: &str) -> Result<String, Errors> {
        match self.text(key)? {
            Given::Value(text) if !text.is_empty() => Ok(text),
            _ => Err(Errors::invalid(self.pointer(key), format!("{key} can't be blank"))),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &str) -> Result<Given<bool>, Errors> {
        self.find(key, "true or false", Value::as_bool)
    }

    /// A whole number.
    pub fn integer(&self, key: &str) -> Result<Given<i64>, Errors> {
        self.find(key, "a whole number", Value::as_i64)
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Result<Given<Vec<String>>, Errors> {
        self.find(key, "a list of strings", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A list of JSON values.
    pub fn list(&self, key: &str) -> Result<Given<Vec<Value>>, Errors> {
        self.find(key, "a list", |value| value.as_array().cloned())
    }

    /// An object, with attributes of its own.
    pub fn object(&self, key: &str) -> Result<Given<Self>, Errors> {
        let read = |value: &Value| Some(Self::at(self.pointer(key), value.as_object()?.clone()));
        self.find(key, "an object", read)
    }

    /// Whether the request names none at all.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Whether the request names this attribute at all.
    pub fn names(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }
}

/// A request document with one resource.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    kind: Option<String>,
    id: Option<String>,
    /// The resource's attributes, keys in kebab-case.
    pub attributes: Attributes,
    pub(crate) relationships: Map<String, Value>,
    /// Members beside `data`: the plain bodies of actions (`{"comment": …}`).
    plain: Map<String, Value>,
}

impl Incoming {
    /// Reads a body. An empty one is an empty document.
    ///
    /// # Errors
    /// 400 when the body is not a JSON object, 422 when a member has the wrong shape.
    pub fn parse(body: &[u8]) -> Result<Self, Errors> {
        let mut plain = read_object(body)?;
        let data = match plain.remove("data") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(data)) => data,
            Some(_) => return Err(Errors::malformed("data must be an object")),
        };
        Self::from_parts(data, plain)
    }

    pub(crate) fn from_parts(
        mut data: Map<String, Value>,
        plain: Map<String, Value>,
    ) -> Result<Self, Errors> {
        let kind = match data.remove("type") {
            None | Some(Value::Null) => None,
            Some(Value::String(kind)) => Some(kind).filter(|kind| !kind.is_empty()),
            Some(_) => return Err(Errors::malformed("data.type must be a string")),
        };
        let attributes = object(data.remove("attributes"), "data.attributes")?;
        let relationships = object(data.remove("relationships"), "data.relationships")?;
        // Of one resource the path has the id, so only lists read this one.
        let id = data.remove("id").and_then(|id| id.as_str().map(str::to_owned));
        Ok(Self {
            kind,
            id,
            attributes: Attributes { map: kebab_keys(attributes), place: None },
            relationships: kebab_keys(relationships),
            plain,
        })
    }

    /// The resource's type, where it names one.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Refuses a document about another type. A missing or empty type is accepted: real clients send it.
    pub fn expect_kind(&self, kind: &str) -> Result<(), Errors> {
        match &self.kind {
            Some(given)
                if given != kind
                    && given.strip_suffix('s').unwrap_or(given) != kind.trim_end_matches('s') =>
            {
                Err(Errors::new(422, "invalid type", format!("data.type is {given:?}, expected {kind:?}")))
            }
            _ => Ok(()),
        }
    }

    /// The id that the document itself names: what a relationship is set to. On other documents it is ignored.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The resources of a to-many relationship, as they are given.
    pub fn related_items(&self, name: &str) -> Result<Given<Vec<Item>>, Errors> {
        let place = format!("/data/relationships/{name}");
        let wrong =
            || Errors::invalid(place.clone(), format!("{name} must be an object with a list as its data"));
        let Some(relationship) = self.relationships.get(name) else { return Ok(Given::Absent) };
        let relationship = relationship.as_object().ok_or_else(wrong)?;
        match relationship.get("data") {
            None => Ok(Given::Absent),
            Some(Value::Null) => Ok(Given::Null),
            Some(Value::Array(items)) => Item::all(&format!("{place}/data"), items).map(Given::Value),
            Some(_) => Err(wrong()),
        }
    }

    /// The id a to-one relationship points at.
    pub fn related(&self, name: &str) -> Result<Given<String>, Errors> {
        let wrong = || {
            Errors::invalid(
                format!("/data/relationships/{name}"),
                format!("{name} must be an object with data.id, or data null"),
            )
        };
        let Some(relationship) = self.relationships.get(name) else { return Ok(Given::Absent) };
        let relationship = relationship.as_object().ok_or_else(wrong)?;
        match relationship.get("data") {
            None => Ok(Given::Absent),
            Some(Value::Null) => Ok(Given::Null),
            Some(Value::Object(data)) => match data.get("id") {
                Some(Value::String(id)) => Ok(Given::Value(id.clone())),
                _ => Err(wrong()),
            },
            Some(_) => Err(wrong()),
        }
    }

    /// A text of a plain action body, also looked for among the attributes (go-tfe's lock sends it there).
    pub fn plain_text(&self, key: &str) -> Result<Option<String>, Errors> {
        match self.plain.get(key) {
            Some(Value::String(text)) => Ok(Some(text.clone())),
            None | Some(Value::Null) => Ok(self.attributes.text(key)?.value()),
            Some(_) => Err(Errors::invalid(format!("/{key}"), format!("{key} must be a string"))),
        }
    }
}

/// The members of a body; none when it is empty.
pub(crate) fn read_object(body: &[u8]) -> Result<Map<String, Value>, Errors> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Errors::malformed(format!("the body is not valid JSON: {error}")))?;
    if depth(&value) > DEPTH_MAX {
        return Err(Errors::malformed(format!("the body nests deeper than {DEPTH_MAX} levels")));
    }
    if has_nul(&value) {
        let detail = "texts must not hold the NUL character (\\u0000)";
        return Err(Errors::new(422, "invalid document", detail));
    }
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Errors::malformed("the body must be a JSON object")),
    }
}

fn object(value: Option<Value>, name: &str) -> Result<Map<String, Value>, Errors> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Errors::new(422, "invalid document", format!("{name} must be an object"))),
    }
}

fn kebab_keys(map: Map<String, Value>) -> Map<String, Value> {
    map.into_iter().map(|(key, value)| (key.replace('_', "-"), value)).collect()
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Databases and environments cannot hold this character, so it is refused before it gets there.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Incoming, Errors> {
        Incoming::parse(text.as_bytes())
    }

    #[test]
    fn kebab_and_snake_keys_are_one() {
        let incoming =
            parse(r#"{"data":{"type":"runs","attributes":{"plan_only":true,"message":null}}}"#).unwrap();
        assert_eq!(incoming.attributes.boolean("plan-only").unwrap(), Given::Value(true));
        assert_eq!(incoming.attributes.text("message").unwrap(), Given::Null);
        assert_eq!(incoming.attributes.text("other").unwrap(), Given::Absent);
    }

    #[test]
    fn a_wrong_type_names_its_place() {
        let incoming = parse(r#"{"data":{"attributes":{"name":7}}}"#).unwrap();
        let errors = incoming.attributes.text("name").unwrap_err();
        assert_eq!(errors.status, 422);
        assert_eq!(errors.objects()[0].source.as_ref().unwrap().pointer, "/data/attributes/name");
    }

    #[test]
    fn lenient_about_the_type() {
        for kind in [r#""""#, "null", r#""vars""#, r#""var""#] {
            let incoming = parse(&format!(r#"{{"data":{{"type":{kind}}}}}"#)).unwrap();
            assert!(incoming.expect_kind("vars").is_ok(), "{kind}");
        }
        assert!(parse(r#"{"data":{"type":"runs"}}"#).unwrap().expect_kind("vars").is_err());
    }

    #[test]
    fn relationships_of_every_shape() {
        let text =
            r#"{"data":{"relationships":{"a":{"data":{"id":"x"}},"b":{"data":null},"c":7,"d":{"data":[]}}}}"#;
        let incoming = parse(text).unwrap();
        assert_eq!(incoming.related("a").unwrap(), Given::Value("x".into()));
        assert_eq!(incoming.related("b").unwrap(), Given::Null);
        assert!(incoming.related("c").is_err() && incoming.related("d").is_err());
        assert_eq!(incoming.related("e").unwrap(), Given::Absent);
    }

    #[test]
    fn a_lock_reason_in_both_forms() {
        for body in [r#"{"reason":"r"}"#, r#"{"data":{"type":"","attributes":{"reason":"r"}}}"#] {
            assert_eq!(parse(body).unwrap().plain_text("reason").unwrap().as_deref(), Some("r"));
        }
        assert_eq!(parse("").unwrap().plain_text("reason").unwrap(), None);
    }

    #[test]
    fn deep_nesting_is_refused() {
        let body = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(parse(&format!(r#"{{"data":{{"attributes":{{"a":{body}}}}}}}"#)).unwrap_err().status, 400);
    }

    #[test]
    fn the_nul_character_is_refused_wherever_it_stands() {
        for body in [
            r#"{"data":{"attributes":{"name":"a\u0000"}}}"#,
            r#"{"data":{"attributes":{"list":["\u0000"]}}}"#,
            r#"{"data":{"attributes":{"a\u0000":1}}}"#,
            r#"{"data":{"relationships":{"a":{"data":{"id":"\u0000"}}}}}"#,
            r#"{"reason":"\u0000"}"#,
        ] {
            assert_eq!(parse(body).unwrap_err().status, 422, "{body}");
        }
        assert!(parse(r#"{"data":{"attributes":{"name":"\\u0000"}}}"#).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Incoming::parse(&body);
        }
    }
}
