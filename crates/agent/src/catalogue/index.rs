//! Which versions there are: OpenTofu's list and Terraform's have forms of their own.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use terrane_wire::EngineKind;

/// `{"versions": [{"id": "1.12.6", …}]}`
#[derive(Deserialize)]
struct Tofu {
    versions: Vec<TofuVersion>,
}

#[derive(Deserialize)]
struct TofuVersion {
    id: String,
}

/// `{"versions": {"1.5.7": {…}}}`
#[derive(Deserialize)]
struct Terraform {
    versions: BTreeMap<String, IgnoredAny>,
}

/// The versions in a list.
pub(super) fn versions(kind: EngineKind, list: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    Ok(match kind {
        EngineKind::Tofu => {
            let list: Tofu = serde_json::from_slice(list)?;
            list.versions.into_iter().map(|version| version.id.trim_start_matches('v').to_owned()).collect()
        }
        EngineKind::Terraform => {
            let list: Terraform = serde_json::from_slice(list)?;
            list.versions.into_keys().collect()
        }
    })
}

/// The checksum of a file in a list as `sha256sum` writes it, in lower case.
pub(super) fn checksum<'a>(list: &'a str, file: &str) -> Option<&'a str> {
    list.lines().find_map(|line| {
        let (sum, name) = line.trim().split_once(char::is_whitespace)?;
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_sum && name.trim_start().trim_start_matches('*') == file).then_some(sum)
    })
}

#[cfg(test)]
mod tests {
    use super::{EngineKind, checksum, versions};

    #[test]
    fn both_forms() {
        let tofu = br#"{"versions":[{"id":"1.12.6","files":["a"]},{"id":"v1.6.0","files":[]}]}"#;
        assert_eq!(versions(EngineKind::Tofu, tofu).expect("a list"), ["1.12.6", "1.6.0"]);
        let terraform = br#"{"name":"terraform","versions":{"1.5.7":{"builds":[]},"0.11.15":{}}}"#;
        assert_eq!(versions(EngineKind::Terraform, terraform).expect("a list"), ["0.11.15", "1.5.7"]);
        assert!(
            versions(EngineKind::Tofu, terraform).is_err() && versions(EngineKind::Tofu, b"<html>").is_err()
        );
    }

    #[test]
    fn a_checksum_is_that_of_the_whole_name() {
        let sum = "a".repeat(64);
        let list = format!("{sum}  x_1.0.0_linux_amd64.zip\nshort  y.zip\n{} *b.zip\n", "B".repeat(64));
        assert_eq!(checksum(&list, "x_1.0.0_linux_amd64.zip"), Some(sum.as_str()));
        assert_eq!(checksum(&list, "b.zip"), Some("B".repeat(64).as_str()));
        assert!(checksum(&list, "amd64.zip").is_none() && checksum(&list, "y.zip").is_none());
    }
}
