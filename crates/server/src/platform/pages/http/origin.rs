//! Whether a form was sent by a page of this server (cross-site request forgery).
//!
//! Browsers say so themselves: all of them in `Sec-Fetch-Site` to an address they hold for safe, and in `Origin` with
//! every form. What says neither is no browser with a session worth misusing, and is refused, too.

use axum::http::{HeaderMap, header};

/// Looks at the headers of a request that would change something. `public_url` is where people find this server.
pub fn is_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text("sec-fetch-site") {
        // "none" is a person's own doing, such as a page that is loaded again.
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return false };
    let is_public = url::Url::parse(public_url).is_ok_and(|url| url.origin().ascii_serialization() == origin);
    is_public || origin.split_once("://").is_some_and(|(_, host)| text(header::HOST.as_str()) == Some(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn judged(given: &[(&'static str, &'static str)]) -> bool {
        let pairs = given
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_from_here(&pairs.collect(), "https://terrane.example/")
    }

    #[test]
    fn the_browser_s_own_word_counts_first() {
        assert!(judged(&[("sec-fetch-site", "same-origin")]));
        assert!(judged(&[("sec-fetch-site", "none")]));
        for site in ["cross-site", "same-site", "", "nonsense"] {
            let origin = ("origin", "https://terrane.example");
            assert!(!judged(&[("sec-fetch-site", site), origin]), "{site}");
        }
    }

    #[test]
    fn else_the_origin_is_the_public_one_or_the_one_that_was_asked() {
        assert!(judged(&[("origin", "https://terrane.example")]));
        assert!(judged(&[("origin", "http://10.0.0.7:8080"), ("host", "10.0.0.7:8080")]));
        let strange = [
            "https://terrane.example.evil.example",
            "https://evil.example",
            "http://terrane.example",
            "https://terrane.example:444",
            "null",
            "",
            "://",
        ];
        for origin in strange {
            assert!(!judged(&[("origin", origin), ("host", "10.0.0.7:8080")]), "{origin}");
        }
        assert!(!judged(&[]) && !judged(&[("host", "terrane.example")]));
    }
}
