//! Types of outputs, as engines write them and as the API names them.

use serde_json::{Value, json};

/// A type in both forms.
pub(super) struct Type {
    /// `string`, `number`, `bool`, `array`, `object`, `dynamic`.
    pub(super) kind: &'static str,
    /// As JSON.
    pub(super) detailed: String,
}

/// The type a file says, or the one its value has: without one, clients would read the whole state instead
/// (api-contract section 7).
pub(super) fn of(said: Option<&str>, value: &str) -> Type {
    let known = said.and_then(|said| Some(Type { kind: kind_of(said)?, detailed: said.to_owned() }));
    known.unwrap_or_else(|| {
        let detailed =
            serde_json::from_str(value).map_or_else(|_| json!("dynamic"), |value| of_value(&value));
        let detailed = detailed.to_string();
        Type { kind: kind_of(&detailed).unwrap_or("dynamic"), detailed }
    })
}

/// Format 3 says `"list"` and `"map"`, which are no whole types.
fn kind_of(detailed: &str) -> Option<&'static str> {
    if let Some(list) = detailed.trim().strip_prefix('[') {
        return match first_word(list) {
            "list" | "set" | "tuple" => Some("array"),
            "map" | "object" => Some("object"),
            _ => None,
        };
    }
    match (detailed.trim(), first_word(detailed)) {
        (text, word) if text.len() != word.len() + 2 => None,
        (_, "string") => Some("string"),
        (_, "number") => Some("number"),
        (_, "bool") => Some("bool"),
        (_, "dynamic") => Some("dynamic"),
        _ => None,
    }
}

/// The word in the quotes that the text begins with.
fn first_word(text: &str) -> &str {
    let inner = text.trim_start().strip_prefix('"').unwrap_or_default();
    inner.split_once('"').map_or("", |(word, _)| word)
}

fn of_value(value: &Value) -> Value {
    match value {
        Value::Null => json!("dynamic"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => json!(["tuple", items.iter().map(of_value).collect::<Vec<_>>()]),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), of_value(value)));
            json!(["object", members.collect::<serde_json::Map<_, _>>()])
        }
    }
}
