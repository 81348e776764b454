//! Versions as the catalogue has them: exact ones, in their order.

use terrane_wire::VersionRequest;

/// Digits of a number in a key.
const NUMBER_WIDTH: usize = 20;

/// Whether a text is a version that one engine can have.
pub fn is_version(text: &str) -> bool {
    VersionRequest::parse(text).is_some() && VersionRequest::exact(text).is_some()
}

/// A text by which versions sort as texts, the older first: what comes before a release sorts before it.
pub fn sort_key(version: &str) -> String {
    let (numbers, pre_release) = match version.split_once('-') {
        Some((numbers, rest)) => (numbers, Some(rest)),
        None => (version, None),
    };
    let numbers: Vec<String> = numbers.split('.').map(|part| format!("{part:0>NUMBER_WIDTH$}")).collect();
    let rest = pre_release.map_or_else(
        || "~".to_owned(),
        |text| {
            let parts = text.split('.').map(|part| match part.parse::<u64>() {
                Ok(_) => format!("0{part:0>NUMBER_WIDTH$}"),
                Err(_) => format!("1{part}"),
            });
            parts.collect::<Vec<_>>().join(".")
        },
    );
    format!("{}-{rest}", numbers.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_versions_do() {
        let versions =
            ["0.9.11", "0.11.15", "1.0.0-alpha.2", "1.0.0-alpha.10", "1.0.0-rc1", "1.0.0", "1.2.0", "1.12.6"];
        let mut sorted = versions;
        sorted.sort_by_key(|version| sort_key(version));
        assert_eq!(sorted, versions);
    }

    #[test]
    fn only_exact_versions() {
        for good in ["1.12.6", "0.11.0", "1.13.0-beta1"] {
            assert!(is_version(good), "{good}");
        }
        for bad in
            ["", "latest", "1.2", "~> 1.2.3", "v1.2.3", "1.2.3.4", "= 1.2.3", "banana", &"1".repeat(300)]
        {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
