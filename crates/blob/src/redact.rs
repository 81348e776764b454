//! Takes credentials out of texts that come from elsewhere before they become part of an error.

use secrecy::{ExposeSecret as _, SecretString};

/// What a replaced credential looks like.
const HIDDEN: &str = "…";
/// Shorter values are not secrets but words like `true`, and would tear holes into any text.
const SECRET_BYTES_MIN: usize = 6;
const SECRET_NAMES: [&str; 7] = ["key", "secret", "token", "password", "sas", "signature", "credential"];
const REASON_CHARS_MAX: usize = 400;

/// The credentials a store was opened with.
#[derive(Debug, Default)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Picks the secret ones from named settings.
    pub(crate) fn of(settings: &[(String, String)]) -> Self {
        let secret = |name: &str| SECRET_NAMES.iter().any(|part| name.to_ascii_lowercase().contains(part));
        let picked = settings.iter().filter(|(name, value)| secret(name) && value.len() >= SECRET_BYTES_MIN);
        Self(picked.map(|(_, value)| SecretString::from(value.as_str())).collect())
    }

    /// A text without the credentials, without users and queries in URLs, and without the body of a store's answer,
    /// which may repeat a signature; of that body only the error code stays.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut text = without_body(text);
        for secret in &self.0 {
            text = text.replace(secret.expose_secret(), HIDDEN);
        }
        without_url_credentials(&text).chars().take(REASON_CHARS_MAX).collect()
    }
}

/// A store's URL as people may see it; a path stays as it is. Not cut at white space: a password may hold some.
pub(crate) fn url_name(url: &str) -> String {
    url.split_once("://")
        .map_or_else(|| url.to_owned(), |(scheme, rest)| format!("{scheme}://{}", plain_url(rest)))
}

fn without_body(text: &str) -> String {
    let Some((before, body)) = text.split_once('<') else { return text.to_owned() };
    let code = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map_or("", |(code, _)| code);
    format!("{}: {code}", before.trim_end_matches([' ', ':'])).trim_end_matches([' ', ':']).to_owned()
}

fn without_url_credentials(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|c: char| c.is_whitespace() || "\"'()<>,;".contains(c)).unwrap_or(after.len());
        let (url, tail) = after.split_at(end);
        shown.push_str(before);
        shown.push_str(&plain_url(url));
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

/// A password may itself hold `/` or `?`, so everything up to the last `@` goes; where a query follows too, all goes.
fn plain_url(after_scheme: &str) -> String {
    let user_end = after_scheme.rfind('@').map_or(0, |at| at + 1);
    match after_scheme.find(['?', '#']) {
        Some(_) if user_end > 0 => HIDDEN.to_owned(),
        Some(query) => format!("{}?{HIDDEN}", &after_scheme[..query]),
        None => after_scheme[user_end..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Secrets, url_name};

    fn hide(text: &str) -> String {
        let settings =
            [("AWS_SECRET_ACCESS_KEY", "hunter2hunter2"), ("AWS_REGION", "region-one"), ("X_TOKEN", "on")];
        Secrets::of(&settings.map(|(name, value)| (name.to_owned(), value.to_owned()))).hide(text)
    }

    #[test]
    fn credentials_go_and_the_rest_stays() {
        assert_eq!(hide("on region-one with hunter2hunter2 failed"), "on region-one with … failed");
        assert_eq!(
            hide("GET https://host/container/a?sig=abc&se=1 in 3ms (https://h?x=1) x"),
            "GET https://host/container/a?… in 3ms (https://h?…) x"
        );
        assert_eq!(hide("https://user:p/w@host/a https://u@h/?x=y@z"), "https://host/a https://…");
        assert_eq!(hide("s3://key:secret@bucket"), "s3://bucket");
    }

    #[test]
    fn names_of_stores_hold_no_credentials() {
        for url in ["s3://user:pass word@bucket/a", "s3://user:pa/ss@bucket/a", "s3://user:pa?ss@bucket/a"] {
            let name = url_name(url);
            assert!(name.starts_with("s3://") && !name.contains("pa") && !name.contains("user"), "{name}");
        }
        assert_eq!(url_name("data/blobs"), "data/blobs");
        assert_eq!(url_name("gs://bucket/a"), "gs://bucket/a");
    }

    #[test]
    fn of_an_answer_only_the_code_stays() {
        let text =
            "status 403 Forbidden: <?xml?><Error><Code>AccessDenied</Code><Signature>abc</Signature></Error>";
        assert_eq!(hide(text), "status 403 Forbidden: AccessDenied");
        assert_eq!(hide("status 500: <html>x"), "status 500");
    }
}
