//! Keys and values of tag bindings (api-contract 8.5).

use terrane_jsonapi::{Errors, Item};

/// Bindings of one workspace, and of one project.
pub const BINDINGS_MAX: usize = 10;
/// The longest key.
pub const KEY_CHARS_MAX: usize = 128;
/// The longest value.
pub const VALUE_CHARS_MAX: usize = 256;
/// Beginnings of keys that are not for people.
const RESERVED: [&str; 2] = ["hc:", "hcp:"];

/// A key with its value; the value may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key, unique in its workspace or project.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Reads the bindings that a body gives; of two with one key the later one holds.
///
/// # Errors
/// 422 with the place of what is no key or value, or when there are too many.
pub fn read(items: &[Item], place: &str) -> Result<Vec<Pair>, Errors> {
    let mut pairs: Vec<Pair> = Vec::new();
    for item in items {
        let pair = read_one(item)?;
        pairs.retain(|other| other.key != pair.key);
        pairs.push(pair);
    }
    if pairs.len() > BINDINGS_MAX {
        return Err(too_many(place));
    }
    Ok(pairs)
}

/// 422: more bindings than there may be.
pub fn too_many(place: &str) -> Errors {
    Errors::invalid(place, format!("a workspace and a project have at most {BINDINGS_MAX} tag bindings each"))
}

fn read_one(item: &Item) -> Result<Pair, Errors> {
    let key = item.attributes.required_text("key")?;
    let value = item.attributes.text("value")?.value().unwrap_or_default();
    if !is_text(&key, KEY_CHARS_MAX) {
        let detail = format!("key must have 1 to {KEY_CHARS_MAX} letters, numbers and _ . = + - @ :");
        return Err(Errors::invalid(item.attributes.pointer("key"), detail));
    }
    if RESERVED.iter().any(|start| key.starts_with(start)) {
        let detail = "keys that begin with hc: or hcp: are reserved";
        return Err(Errors::invalid(item.attributes.pointer("key"), detail));
    }
    if !is_text(&value, VALUE_CHARS_MAX) {
        let detail = format!("value must have at most {VALUE_CHARS_MAX} letters, numbers and _ . = + - @ :");
        return Err(Errors::invalid(item.attributes.pointer("value"), detail));
    }
    Ok(Pair { key, value })
}

fn is_text(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max
        && text.chars().all(|letter| letter.is_alphanumeric() || "_.=+-@:".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use terrane_jsonapi::parse_items;

    fn of(text: &str) -> Result<Vec<Pair>, Errors> {
        read(&parse_items(text.as_bytes()).unwrap(), "/data")
    }

    fn one(key: &str, value: &str) -> Result<Vec<Pair>, Errors> {
        of(&format!(r#"{{"data":[{{"attributes":{{"key":"{key}","value":"{value}"}}}}]}}"#))
    }

    #[test]
    fn keys_and_values() {
        assert!(one("env", "prod").is_ok() && one("a.b=c+d-e@f:g_h", "").is_ok());
        for (key, value) in [
            ("", "x"),
            ("a b", "x"),
            ("hc:x", "x"),
            ("hcp:x", "x"),
            ("a", "b c"),
            (&"k".repeat(129), "x"),
            ("a", &"v".repeat(257)),
        ] {
            assert_eq!(one(key, value).unwrap_err().status, 422, "{key:?} {value:?}");
        }
    }

    #[test]
    fn the_later_one_of_a_key_holds_and_ten_are_enough() {
        let twice =
            of(r#"{"data":[{"attributes":{"key":"a","value":"1"}},{"attributes":{"key":"a"}}]}"#).unwrap();
        assert_eq!(twice, [Pair { key: "a".into(), value: String::new() }]);
        let many: Vec<String> = (0..11).map(|n| format!(r#"{{"attributes":{{"key":"k{n}"}}}}"#)).collect();
        assert_eq!(of(&format!(r#"{{"data":[{}]}}"#, many.join(","))).unwrap_err().status, 422);
    }
}
