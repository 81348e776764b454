//! What a form sent.

use super::PageError;
use crate::app::App;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use terrane_jsonapi::Errors;

/// No form of ours is larger.
const FORM_BYTES_MAX: usize = 32 * 1024;

/// The fields of a form, `application/x-www-form-urlencoded`.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &App) -> Result<Self, PageError> {
        let bytes = to_bytes(request.into_body(), FORM_BYTES_MAX).await.map_err(|_| {
            Errors::new(
                413,
                "too large",
                format!("the form is cut off or larger than {FORM_BYTES_MAX} bytes"),
            )
        })?;
        read(&bytes).map(Self).ok_or_else(|| {
            Errors::malformed("the form cannot be read; open its page again and send it from there").into()
        })
    }
}

/// `None` for what is no such form. No field holds the NUL character, which PostgreSQL does not take.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.contains('\0') || text.contains("%00") {
        return None;
    }
    serde_html_form::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Fields {
        name: String,
        #[serde(default)]
        more: String,
    }

    #[test]
    fn fields_are_read_and_anything_else_is_not() {
        let read = |text: &[u8]| read::<Fields>(text);
        assert_eq!(read(b"name=a+b%26c"), Some(Fields { name: "a b&c".into(), more: String::new() }));
        for wrong in [b"".as_slice(), b"more=1", b"name=a%00b", b"name=a\0b", b"\xff", b"name=1&name=2"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
