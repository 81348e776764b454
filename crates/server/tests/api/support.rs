//! What the tests share: configurations that tell the fake engine what to do, and bodies made comparable.

use serde_json::{Map, Value, json};
use std::collections::HashMap;
use terrane_testkit::fake_archive;

/// A configuration whose plan creates this many resources.
pub fn creates(additions: u64) -> Vec<u8> {
    fake_archive(&json!({ "plan": [{ "print": "planning\n" }, { "plan": { "additions": additions } }] }))
}

/// A configuration whose plan changes nothing.
pub fn changes_nothing() -> Vec<u8> {
    fake_archive(&json!({}))
}

/// A configuration whose plan does these steps.
pub fn plan_steps(steps: &Value) -> Vec<u8> {
    fake_archive(&json!({ "plan": steps }))
}

/// A configuration whose plan says so and then never ends by itself.
pub fn hangs() -> Vec<u8> {
    plan_steps(&json!([{ "print": "hanging\n" }, { "hang": true }]))
}

/// Hex SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    terrane_server::platform::objects::hex(&sha2::Sha256::digest(bytes))
}

/// Hex MD5, as clients send it with a state.
pub fn md5(bytes: &[u8]) -> String {
    use md5::Digest;
    terrane_server::platform::objects::hex(&md5::Md5::digest(bytes))
}

/// Base64, as clients send a state.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The body with everything replaced that differs between two runs of a test: ids are numbered as they appear.
pub fn comparable(body: &Value) -> Value {
    Names::default().clean("", body)
}

#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn clean(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.clean_text(key, text)),
            Value::Array(list) => list.iter().map(|item| self.clean(key, item)).collect(),
            Value::Object(object) => {
                let cleaned: Map<String, Value> =
                    object.iter().map(|(key, value)| (key.clone(), self.clean(key, value))).collect();
                Value::Object(cleaned)
            }
            other => other.clone(),
        }
    }

    fn clean_text(&mut self, key: &str, text: &str) -> String {
        if key.ends_with("-at") && text.ends_with('Z') {
            return "[time]".to_owned();
        }
        if key == "version-id" || key == "token" {
            return format!("[{key}]");
        }
        if let Some((_, rest)) = text.split_once("//127.0.0.1:") {
            let path = rest.find('/').map_or("", |at| &rest[at..]);
            return if path.starts_with("/v1/object/") {
                "[signed URL]".into()
            } else {
                format!("[here]{path}")
            };
        }
        text.split('/').map(|part| self.clean_part(part)).collect::<Vec<_>>().join("/")
    }

    fn clean_part(&mut self, part: &str) -> String {
        let Some((prefix, random)) = part.split_once('-') else { return part.to_owned() };
        let is_id = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id || !prefix.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return part.to_owned();
        }
        let next = self.0.values().filter(|name| name.starts_with(&format!("{prefix}-"))).count() + 1;
        self.0.entry(part.to_owned()).or_insert_with(|| format!("{prefix}-{next}")).clone()
    }
}

/// Compares a body with its snapshot.
macro_rules! assert_body {
    ($name:literal, $answer:expr) => {
        insta::assert_json_snapshot!($name, crate::support::comparable(&$answer.json()))
    };
}
pub(crate) use assert_body;
