//! The cookie of a session, and the paths that a visitor may be led back to.

use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Longer ones are not led back to.
const WAY_BACK_BYTES_MAX: usize = 4096;
/// Where pages are that a visitor may be led back to; all of this server.
const WAYS_BACK: [&str; 3] = ["/app", "/app/", "/oauth/authorize?"];

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// By which the session is found.
    pub digest: Vec<u8>,
}

/// How the cookie of a server is called and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookie {
    is_secure: bool,
}

impl Cookie {
    /// Of the server with this public address. Over TLS the name itself makes browsers refuse a cookie that another host
    /// or a page without TLS has set (RFC 6265bis, `__Host-`).
    pub fn of(public_url: &str) -> Self {
        Self { is_secure: public_url.starts_with("https://") }
    }

    fn name(self) -> &'static str {
        if self.is_secure { "__Host-terrane_session" } else { "terrane_session" }
    }

    /// `Set-Cookie` that begins a session.
    pub fn set(self, session: &SecretString, life: Duration) -> String {
        self.line(session.expose_secret(), life.as_secs())
    }

    /// `Set-Cookie` that makes the browser forget it.
    pub fn forget(self) -> String {
        self.line("", 0)
    }

    fn line(self, value: &str, life_secs: u64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={life_secs}; HttpOnly; SameSite=Lax{secure}", self.name())
    }

    /// The session in a `Cookie` header.
    pub fn find(self, header: &str) -> Option<&str> {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == self.name()).map(|(_, value)| value).next()
    }
}

/// A path to come back to after signing in, if it is one of this server's pages: never another host (open redirect).
pub fn way_back(asked: &str) -> Option<&str> {
    let is_plain = asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_ours = WAYS_BACK.iter().any(|way| asked == *way || (way.len() > 4 && asked.starts_with(way)));
    (is_plain && is_ours && asked.len() <= WAY_BACK_BYTES_MAX).then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_the_cookie_is_the_host_s_alone() {
        let life = Duration::from_secs(60);
        let text = SecretString::from("abc");
        assert_eq!(
            Cookie::of("https://terrane.example").set(&text, life),
            "__Host-terrane_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            Cookie::of("http://127.0.0.1:8080").set(&text, life),
            "terrane_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        );
        assert!(Cookie::of("https://a").forget().starts_with("__Host-terrane_session=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn only_the_own_cookie_is_read() {
        let (secure, plain) = (Cookie::of("https://a"), Cookie::of("http://a"));
        let header = "x=1; terrane_session=plain;__Host-terrane_session=secure; y";
        assert_eq!((secure.find(header), plain.find(header)), (Some("secure"), Some("plain")));
        assert_eq!(secure.find("terrane_session=plain"), None);
        assert_eq!(plain.find(""), None);
    }

    #[test]
    fn the_way_back_stays_here() {
        for path in
            ["/app", "/app/acme/net/runs/run-1?a=b", "/oauth/authorize?client_id=terraform-cli&state=%2F"]
        {
            assert_eq!(way_back(path), Some(path));
        }
        let long = format!("/app/{}", "a".repeat(5000));
        for path in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/app",
            "/app\\..\\evil",
            "/app\r\nset-cookie: a=b",
            "/app /x",
            "/apple",
            "/session/end",
            "/oauth/token",
            "javascript:alert(1)",
            "/app/é",
            &long,
        ] {
            assert_eq!(way_back(path), None, "{path}");
        }
    }
}
