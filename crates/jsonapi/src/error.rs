//! Errors as clients read them: a list of objects whose status is a string.

use serde::Serialize;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorObject {
    /// The HTTP status as text: a number would make the whole body undecodable for go-tfe (api-contract 1.9).
    pub status: String,
    /// A few words.
    pub title: String,
    /// What is wrong, why, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// A place in a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// A JSON pointer such as `/data/attributes/name`.
    pub pointer: String,
}

/// The body of an error answer, with the HTTP status it goes with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// The HTTP status of the answer.
    #[serde(skip)]
    pub status: u16,
    errors: Vec<ErrorObject>,
}

impl Errors {
    /// One error without a place.
    pub fn new(status: u16, title: &str, detail: impl Into<String>) -> Self {
        Self::from_parts(status, title, Some(detail.into()), None)
    }

    /// One error without more to say.
    pub fn bare(status: u16, title: &str) -> Self {
        Self::from_parts(status, title, None, None)
    }

    /// 422 about one place in the body.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::from_parts(422, "invalid attribute", Some(detail.into()), Some(pointer.into()))
    }

    /// 403 about one place in the body.
    pub fn forbidden(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::from_parts(403, "forbidden", Some(detail.into()), Some(pointer.into()))
    }

    /// 400: the body is not what this API speaks.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(400, "bad request", detail)
    }

    fn from_parts(status: u16, title: &str, detail: Option<String>, pointer: Option<String>) -> Self {
        let object = ErrorObject {
            status: status.to_string(),
            title: title.to_owned(),
            detail,
            source: pointer.map(|pointer| Source { pointer }),
        };
        Self { status, errors: vec![object] }
    }

    /// The same errors, those with a place below `from` moved to the same place below `to`: what reads one resource does
    /// not know that it stands in a list.
    #[must_use]
    pub fn relocated(mut self, from: &str, to: &str) -> Self {
        for source in self.errors.iter_mut().filter_map(|error| error.source.as_mut()) {
            if let Some(rest) = source.pointer.strip_prefix(from) {
                source.pointer = format!("{to}{rest}");
            }
        }
        self
    }

    /// The errors themselves.
    pub fn objects(&self) -> &[ErrorObject] {
        &self.errors
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    fn status_is_a_string() {
        let errors = Errors::invalid("/data/attributes/name", "has already been taken");
        insta::assert_json_snapshot!(errors, @r#"
        {
          "errors": [
            {
              "status": "422",
              "title": "invalid attribute",
              "detail": "has already been taken",
              "source": {
                "pointer": "/data/attributes/name"
              }
            }
          ]
        }
        "#);
    }
}
