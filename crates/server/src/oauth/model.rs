//! What is asked for, and what may be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The one client there is, whichever CLI it is.
pub const CLIENT_ID: &str = "terraform-cli";
/// Where CLIs listen for the code.
const PORT_MIN: u16 = 10_000;
const PORT_MAX: u16 = 10_010;
/// A SHA-256 in base64url.
const CHALLENGE_CHARS: usize = 43;
/// RFC 7636 section 4.1.
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;
const STATE_BYTES_MAX: usize = 1024;

pub const AUTHORIZE_PATH: &str = "/oauth/authorize";
pub const TOKEN_PATH: &str = "/oauth/token";

/// What discovery says of it (remote service discovery, `login.v1`).
pub fn service() -> Value {
    json!({
        "client": CLIENT_ID,
        "grant_types": ["authz_code"],
        "authz": AUTHORIZE_PATH,
        "token": TOKEN_PATH,
        "ports": [PORT_MIN, PORT_MAX],
    })
}

/// A request for a code, as it stands in the query and goes along in the form of the page.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    pub response_type: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// Why there is no code.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Client or address are not those of a CLI: nobody is led there (RFC 6749 section 4.1.2.1).
    Untrusted(&'static str),
    /// The CLI is told: an error code and words.
    Told(&'static str, &'static str),
}

impl Asked {
    /// Whether a code may be given out for this.
    ///
    /// # Errors
    /// The refusal, for the page or for the CLI.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.client_id != CLIENT_ID {
            return Err(Refusal::Untrusted("the program that asks is not known here"));
        }
        if port_of(&self.redirect_uri).is_none() {
            return Err(Refusal::Untrusted("the program does not wait for the answer on this computer"));
        }
        if self.state.as_ref().is_some_and(|state| state.len() > STATE_BYTES_MAX) {
            return Err(Refusal::Untrusted("the request is too long"));
        }
        if self.response_type != "code" {
            return Err(Refusal::Told("unsupported_response_type", "only codes are given out"));
        }
        if self.code_challenge_method != "S256" || !is_challenge(&self.code_challenge) {
            return Err(Refusal::Told("invalid_request", "a code challenge by S256 is needed"));
        }
        Ok(())
    }

    /// The address of the CLI with an answer in its query. The request must have been checked.
    pub fn answer(&self, pairs: &[(&str, &str)]) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        let pairs: Vec<(&str, &str)> = pairs.iter().copied().chain(state).collect();
        format!("{}?{}", self.redirect_uri, serde_html_form::to_string(pairs).unwrap_or_default())
    }

    /// Where the answer goes, without its path.
    pub fn origin(&self) -> Option<String> {
        port_of(&self.redirect_uri).map(|port| format!("http://localhost:{port}"))
    }
}

/// The port of `http://localhost:PORT/login`; of nothing else.
fn port_of(redirect_uri: &str) -> Option<u16> {
    let text = redirect_uri.strip_prefix("http://localhost:")?.strip_suffix("/login")?;
    let port = text.parse().ok().filter(|port: &u16| port.to_string() == text)?;
    (PORT_MIN..=PORT_MAX).contains(&port).then_some(port)
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a verifier is the one of a challenge (RFC 7636 section 4.6).
pub fn fits(verifier: &str, challenge: &str) -> bool {
    let is_verifier = VERIFIER_CHARS.contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    is_verifier && bool::from(made.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked {
            response_type: "code".into(),
            client_id: CLIENT_ID.into(),
            redirect_uri: "http://localhost:10003/login".into(),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
            code_challenge_method: "S256".into(),
            state: Some("a b&c".into()),
        }
    }

    #[test]
    fn the_example_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(fits(verifier, &asked().code_challenge));
        assert!(!fits(&verifier.replace('d', "e"), &asked().code_challenge));
        assert!(!fits("", "") && !fits("short", &URL_SAFE_NO_PAD.encode(Sha256::digest(b"short"))));
    }

    #[test]
    fn only_a_cli_on_this_computer_is_answered() {
        assert_eq!(asked().check(), Ok(()));
        assert_eq!(asked().answer(&[("code", "x y")]), "http://localhost:10003/login?code=x+y&state=a+b%26c");
        for uri in [
            "",
            "http://localhost:9999/login",
            "http://localhost:10011/login",
            "http://localhost:010003/login",
            "http://localhost:+10003/login",
            "http://localhost/login",
            "http://localhost:10003/login/",
            "http://localhost:10003/login?x=1",
            "http://localhost:10003@evil.example/login",
            "http://localhost:10003.evil.example/login",
            "https://localhost:10003/login",
            "http://127.0.0.1:10003/login",
            "http://evil.example:10003/login",
            " http://localhost:10003/login",
        ] {
            let refused = Asked { redirect_uri: uri.into(), ..asked() }.check();
            assert!(matches!(refused, Err(Refusal::Untrusted(_))), "{uri}: {refused:?}");
        }
        let refused = Asked { client_id: "another".into(), ..asked() }.check();
        assert!(matches!(refused, Err(Refusal::Untrusted(_))), "{refused:?}");
    }

    #[test]
    fn without_a_challenge_there_is_no_code() {
        let told = |asked: Asked| match asked.check() {
            Err(Refusal::Told(error, _)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(told(Asked { code_challenge_method: "plain".into(), ..asked() }), "invalid_request");
        assert_eq!(told(Asked { code_challenge_method: String::new(), ..asked() }), "invalid_request");
        assert_eq!(told(Asked { code_challenge: String::new(), ..asked() }), "invalid_request");
        assert_eq!(told(Asked { code_challenge: "a".repeat(44), ..asked() }), "invalid_request");
        assert_eq!(told(Asked { response_type: "token".into(), ..asked() }), "unsupported_response_type");
    }
}
