//! URLs that carry their own authority (api-contract 3.8, 3.9).
//!
//! `/v1/object/<payload>.<mac>`: both parts are base64url in the *path*, because go-tfe replaces the query of a
//! log URL. The payload is `version ∥ purpose ∥ expiry ∥ nonce ∥ subject`, the MAC is HMAC-SHA-256 over the payload
//! and the method with a key used for nothing else.

use crate::clock::Time;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use terrane_blob::MasterKey;

const FORMAT_VERSION: u8 = 1;
/// Version, purpose, expiry, nonce.
const HEAD_BYTES: usize = 1 + 1 + 8 + 4;
/// Tokens longer than this are not looked at.
const TOKEN_CHARS_MAX: usize = 512;
/// Where signed URLs live.
pub const PATH: &str = "/v1/object/";

const GET: &[u8] = b"GET";
const PUT: &[u8] = b"PUT";

/// What a signed URL allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// GET the log of a plan; the subject is the plan.
    PlanLog,
    /// GET the JSON plan; the subject is the plan.
    PlanJson,
    /// PUT a configuration archive; the subject is the configuration version.
    ConfigurationUpload,
    /// GET a configuration archive; the subject is the configuration version.
    ConfigurationDownload,
    /// PUT the plan file of a job; the subject is `job:epoch`.
    JobPlanFile,
    /// PUT the JSON plan of a job; the subject is `job:epoch`.
    JobPlanJson,
    /// PUT a state; the subject is the state version.
    StateUpload,
    /// PUT the JSON form of a state; the subject is the state version.
    JsonStateUpload,
    /// GET a state; the subject is the state version.
    StateDownload,
    /// GET the JSON form of a state; the subject is the state version.
    JsonStateDownload,
    /// GET the log of an apply; the subject is the apply.
    ApplyLog,
    /// GET a plan file; the subject is the plan. For agents alone.
    PlanFile,
    /// GET the state that is left of an apply; the subject is the apply.
    ErroredState,
    /// PUT an `errored.tfstate`; the subject is `job:epoch`.
    JobErroredState,
    /// GET the state that a deleted workspace has left; the subject is the recoverable item.
    RecoverableState,
    /// GET the redacted plan; the subject is the plan.
    RedactedJson,
    /// GET the schemas of a plan's providers; the subject is the plan.
    ProviderSchemas,
    /// PUT the redacted plan of a job; the subject is `job:epoch`.
    JobRedactedJson,
    /// PUT the schemas of a job's providers; the subject is `job:epoch`.
    JobProviderSchemas,
}

impl Purpose {
    /// Each with its letter in the payload, which never changes, and its method.
    const ALL: [(Self, u8, &[u8]); 19] = [
        (Self::PlanLog, b'l', GET),
        (Self::PlanJson, b'j', GET),
        (Self::ConfigurationUpload, b'c', PUT),
        (Self::ConfigurationDownload, b'd', GET),
        (Self::JobPlanFile, b'p', PUT),
        (Self::JobPlanJson, b'q', PUT),
        (Self::StateUpload, b's', PUT),
        (Self::JsonStateUpload, b't', PUT),
        (Self::StateDownload, b'u', GET),
        (Self::JsonStateDownload, b'v', GET),
        (Self::ApplyLog, b'a', GET),
        (Self::PlanFile, b'f', GET),
        (Self::ErroredState, b'e', GET),
        (Self::JobErroredState, b'r', PUT),
        (Self::RecoverableState, b'w', GET),
        (Self::RedactedJson, b'g', GET),
        (Self::ProviderSchemas, b'x', GET),
        (Self::JobRedactedJson, b'y', PUT),
        (Self::JobProviderSchemas, b'z', PUT),
    ];

    fn code(self) -> u8 {
        Self::ALL.iter().find(|(purpose, ..)| *purpose == self).map_or(0, |(_, code, _)| *code)
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(purpose, ..)| *purpose)
    }

    fn method(self) -> &'static [u8] {
        Self::ALL.iter().find(|(purpose, ..)| *purpose == self).map_or(GET, |(.., method)| *method)
    }
}

/// Why a signed URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not one of ours, or changed.
    #[error("this URL is not valid")]
    Invalid,
    /// Was ours once.
    #[error("this URL has expired; ask the API for a new one")]
    Expired,
}

/// What a valid URL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUrl {
    /// What it allows.
    pub purpose: Purpose,
    /// On which object.
    pub subject: String,
}

/// Makes and checks signed URLs.
#[derive(Clone)]
pub struct Signer {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Signer(…)")
    }
}

impl Signer {
    /// With the URL key of this installation.
    pub fn new(master: &MasterKey) -> Self {
        let mac =
            Hmac::new_from_slice(&master.derive("signed urls")).expect("HMAC takes a key of any length");
        Self { mac }
    }

    /// A path that is different each time.
    pub fn path(&self, purpose: Purpose, subject: &str, expires: Time) -> SecretString {
        self.path_with_nonce(purpose, subject, expires, rand::random())
    }

    /// A path that is the same for the same arguments: log URLs do not change between two reads of a plan.
    pub fn stable_path(&self, purpose: Purpose, subject: &str, expires: Time) -> SecretString {
        self.path_with_nonce(purpose, subject, expires, [0; 4])
    }

    /// A secret that belongs to one run, and that only this installation can make. No URL's payload begins as its text
    /// does.
    pub fn run_secret(&self, run: &str) -> SecretString {
        let mut mac = self.mac.clone();
        mac.update(b"RUN ");
        mac.update(run.as_bytes());
        BASE64.encode(mac.finalize().into_bytes()).into()
    }

    fn path_with_nonce(
        &self,
        purpose: Purpose,
        subject: &str,
        expires: Time,
        nonce: [u8; 4],
    ) -> SecretString {
        let mut payload = vec![FORMAT_VERSION, purpose.code()];
        payload.extend_from_slice(&expires.0.to_be_bytes());
        payload.extend_from_slice(&nonce);
        payload.extend_from_slice(subject.as_bytes());
        let mac = self.mac_of(&payload, purpose).finalize().into_bytes();
        format!("{PATH}{}.{}", BASE64.encode(&payload), BASE64.encode(mac)).into()
    }

    fn mac_of(&self, payload: &[u8], purpose: Purpose) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(purpose.method());
        mac.update(b" ");
        mac.update(payload);
        mac
    }

    /// Checks the token of a path. The comparison takes the same time wherever it fails.
    pub fn check(&self, token: &str, method: &Method, now: Time) -> Result<SignedUrl, UrlError> {
        if token.len() > TOKEN_CHARS_MAX {
            return Err(UrlError::Invalid);
        }
        let (payload, mac) = token.split_once('.').ok_or(UrlError::Invalid)?;
        let payload = BASE64.decode(payload).map_err(|_| UrlError::Invalid)?;
        let mac = BASE64.decode(mac).map_err(|_| UrlError::Invalid)?;
        let (head, subject) = payload.split_at_checked(HEAD_BYTES).ok_or(UrlError::Invalid)?;
        let purpose = Purpose::from_code(head[1]).ok_or(UrlError::Invalid)?;
        self.mac_of(&payload, purpose).verify_slice(&mac).map_err(|_| UrlError::Invalid)?;
        let method = if method == Method::HEAD { b"GET" } else { method.as_str().as_bytes() };
        if head[0] != FORMAT_VERSION || purpose.method() != method {
            return Err(UrlError::Invalid);
        }
        let expires = i64::from_be_bytes(head[2..10].try_into().map_err(|_| UrlError::Invalid)?);
        if now.0 >= expires {
            return Err(UrlError::Expired);
        }
        let subject = String::from_utf8(subject.to_vec()).map_err(|_| UrlError::Invalid)?;
        Ok(SignedUrl { purpose, subject })
    }

    /// The token of a path this signer made: for tests and in-process callers.
    pub fn token_of(path: &SecretString) -> &str {
        path.expose_secret().strip_prefix(PATH).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000_000);
    const LATER: Time = Time(61_000_000);

    fn signer() -> Signer {
        Signer::new(&MasterKey::generate())
    }

    #[test]
    fn says_what_was_signed_until_it_expires() {
        let signer = signer();
        let path = signer.path(Purpose::PlanJson, "plan-1", LATER);
        let token = Signer::token_of(&path);
        let url = signer.check(token, &Method::GET, NOW).unwrap();
        assert_eq!(url, SignedUrl { purpose: Purpose::PlanJson, subject: "plan-1".into() });
        assert!(signer.check(token, &Method::HEAD, NOW).is_ok());
        assert_eq!(signer.check(token, &Method::PUT, NOW), Err(UrlError::Invalid));
        assert!(signer.check(token, &Method::GET, Time(LATER.0 - 1)).is_ok());
        assert_eq!(signer.check(token, &Method::GET, LATER), Err(UrlError::Expired));
    }

    #[test]
    fn fresh_ones_differ_and_stable_ones_do_not() {
        let signer = signer();
        let fresh = || signer.path(Purpose::PlanJson, "plan-1", LATER);
        assert_ne!(fresh().expose_secret(), fresh().expose_secret());
        let stable = || signer.stable_path(Purpose::PlanLog, "plan-1", LATER);
        assert_eq!(stable().expose_secret(), stable().expose_secret());
    }

    #[test]
    fn no_single_byte_may_change() {
        let signer = signer();
        let path = signer.path(Purpose::ConfigurationUpload, "cv-0123456789abcdef", LATER);
        let token = Signer::token_of(&path);
        for at in 0..token.len() {
            for replacement in [b'A', b'_', b'.', b'7'] {
                let mut bytes = token.as_bytes().to_vec();
                if bytes[at] == replacement {
                    continue;
                }
                bytes[at] = replacement;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(signer.check(&changed, &Method::PUT, NOW).is_err(), "byte {at}");
            }
        }
        assert!(Signer::new(&MasterKey::generate()).check(token, &Method::PUT, NOW).is_err());
    }

    #[test]
    fn junk_is_invalid() {
        let signer = signer();
        for token in ["", ".", "a.b", "AAAA.AAAA", &"A".repeat(10_000), "é.é"] {
            assert_eq!(signer.check(token, &Method::GET, NOW), Err(UrlError::Invalid), "{token}");
        }
    }
}
