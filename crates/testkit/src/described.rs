//! Every answer that a test gets from the API, held against our own description and against the official one.

use crate::openapi::{OpenApi, Violation};
use serde_json::Value;
use terrane_jsonapi::MEDIA_TYPE;

/// Where an answer may be other than the official file says: the operation, the place in the body (items of lists are
/// `*`), and the ruling.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("getIngressAttributes", "/type", "the file leaves out the envelope that every client reads"),
    ("getIngressAttributes", "/attributes", "the file leaves out the envelope that every client reads"),
];

/// Where agents' routes and pages are.
const NOT_DESCRIBED: [&str; 6] = ["/agent/", "/app", "/assets/", "/invitations/", "/oauth/", "/session"];

/// One answer.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// `GET`, …
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// The status.
    pub status: u16,
    /// `Content-Type`, or nothing.
    pub content_type: &'a str,
    /// Compressed, so that the body cannot be read here.
    pub is_packed: bool,
    /// The body.
    pub bytes: &'a [u8],
}

impl Seen<'_> {
    /// Fails the test when the answer is not as described.
    ///
    /// # Panics
    /// Names every place that differs, and where it is described.
    #[track_caller]
    pub fn check(&self) {
        let problems = self.problems();
        assert!(
            problems.is_empty(),
            "{} {}: {} is not as described (the folder's described.rs; the official file):\n{}\n{}",
            self.method,
            self.path,
            self.status,
            problems.join("\n"),
            String::from_utf8_lossy(self.bytes)
        );
    }

    fn problems(&self) -> Vec<String> {
        // Neither agents' routes nor pages are described; HEAD has no body.
        if self.path == "/"
            || NOT_DESCRIBED.iter().any(|start| self.path.starts_with(start))
            || self.method == "HEAD"
        {
            return Vec::new();
        }
        let Some((route, operation)) = OpenApi::ours().reached(self.method, self.path) else {
            // Also where a signed URL stands in for a route of the embedded agent.
            return if self.status == 404 {
                Vec::new()
            } else {
                vec!["no such route is described".to_owned()]
            };
        };
        let id = operation["operationId"].as_str().unwrap_or_default();
        let exact = self.status.to_string();
        let answers = &operation["responses"];
        let Some(answer) = answers.get(&exact).or_else(|| answers.get(format!("{}XX", &exact[..1]))) else {
            return vec![format!("{id} has no status {exact}")];
        };
        if self.is_packed {
            return Vec::new();
        }
        let mut problems = self.against_ours(id, answer);
        problems.extend(self.against_the_official_file(id, route));
        problems
    }

    fn against_ours(&self, id: &str, answer: &Value) -> Vec<String> {
        let Some(content) = answer["content"].as_object() else {
            let is_bare = self.bytes.is_empty() || (300..400).contains(&self.status);
            return if is_bare { Vec::new() } else { vec![format!("{id}: a body where none is described")] };
        };
        let kind = self.content_type.split(';').next().unwrap_or_default();
        let Some(media) = content.get(kind).or_else(|| content.get("*/*")) else {
            return vec![format!("{id}: a body of the type {kind:?}")];
        };
        match media.get("schema") {
            Some(schema) => lines("ours", id, OpenApi::ours().violations(schema, &self.json())),
            None => Vec::new(),
        }
    }

    fn against_the_official_file(&self, id: &str, route: &str) -> Vec<String> {
        let file = OpenApi::official();
        if !self.content_type.starts_with(MEDIA_TYPE) {
            return Vec::new();
        }
        let schema = match self.status {
            200..300 => file.answer(self.method, route),
            _ => file.schema("errors"),
        };
        let Some(schema) = schema else { return Vec::new() };
        let mut found = file.violations(schema, &self.json());
        found.retain(|violation| {
            !EXCEPTIONS.iter().any(|(operation, place, _)| *operation == id && *place == violation.place)
        });
        lines("the official file", id, found)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.bytes).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

fn lines(whose: &str, id: &str, violations: Vec<Violation>) -> Vec<String> {
    violations
        .into_iter()
        .map(|violation| format!("{whose}: {id} {}: {}", violation.place, violation.what))
        .collect()
}
