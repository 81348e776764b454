//! Where releases are, and what their files are called.

use std::env::consts::{ARCH, OS};

use terrane_wire::EngineKind;

/// OpenTofu's own list, and its own files.
const TOFU_INDEX: &str = "https://get.opentofu.org/tofu/api.json";
const TOFU_FILES: &str = "https://github.com/opentofu/opentofu/releases/download";
const TERRAFORM: &str = "https://releases.hashicorp.com/terraform";

/// A place of one engine's releases. OpenTofu has `api.json` and `v<version>/<file>`, Terraform `index.json` and
/// `<version>/<file>`; a mirror has the same below one address.
#[derive(Debug, Clone)]
pub struct Releases {
    /// Whose.
    kind: EngineKind,
    index: String,
    files: String,
}

impl Releases {
    /// The publisher's own.
    pub fn official(kind: EngineKind) -> Self {
        match kind {
            EngineKind::Tofu => Self { kind, index: TOFU_INDEX.to_owned(), files: TOFU_FILES.to_owned() },
            EngineKind::Terraform => Self::at(kind, TERRAFORM),
        }
    }

    /// A mirror of them.
    pub fn at(kind: EngineKind, base: &str) -> Self {
        let base = base.trim_end_matches('/');
        let index = match kind {
            EngineKind::Tofu => "api.json",
            EngineKind::Terraform => "index.json",
        };
        Self { kind, index: format!("{base}/{index}"), files: base.to_owned() }
    }

    /// Whose they are.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// The list of versions.
    pub(super) fn index_url(&self) -> &str {
        &self.index
    }

    /// A file of a version.
    pub(super) fn url(&self, version: &str, file: &str) -> String {
        let prefix = match self.kind {
            EngineKind::Tofu => "v",
            EngineKind::Terraform => "",
        };
        format!("{}/{prefix}{version}/{file}", self.files)
    }

    /// The archive for this machine.
    pub(super) fn archive(&self, version: &str) -> String {
        format!("{}_{version}_{}_{}.zip", self.kind, system(), architecture())
    }

    /// The checksums of all archives.
    pub(super) fn checksums(&self, version: &str) -> String {
        format!("{}_{version}_SHA256SUMS", self.kind)
    }

    /// Signatures of the checksums, the first that is there counts: Terraform's by the key of today, then the one from
    /// the time of the release.
    pub(super) fn signatures(&self, version: &str) -> Vec<String> {
        let checksums = self.checksums(version);
        let endings: &[&str] = match self.kind {
            EngineKind::Tofu => &["gpgsig"],
            EngineKind::Terraform => &["72D7468F.sig", "sig"],
        };
        endings.iter().map(|ending| format!("{checksums}.{ending}")).collect()
    }
}

/// As Go calls it.
fn system() -> &'static str {
    match OS {
        "macos" => "darwin",
        other => other,
    }
}

/// As Go calls it.
fn architecture() -> &'static str {
    match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{EngineKind, Releases};

    #[test]
    fn files_are_where_the_publishers_have_them() {
        let tofu = Releases::official(EngineKind::Tofu);
        assert_eq!(
            tofu.url("1.12.6", &tofu.checksums("1.12.6")),
            "https://github.com/opentofu/opentofu/releases/download/v1.12.6/tofu_1.12.6_SHA256SUMS"
        );
        let terraform = Releases::official(EngineKind::Terraform);
        assert_eq!(terraform.index_url(), "https://releases.hashicorp.com/terraform/index.json");
        assert_eq!(
            terraform.url("1.5.7", &terraform.signatures("1.5.7")[1]),
            "https://releases.hashicorp.com/terraform/1.5.7/terraform_1.5.7_SHA256SUMS.sig"
        );
        assert!(Releases::at(EngineKind::Tofu, "http://x/").index_url().ends_with("x/api.json"));
    }
}
