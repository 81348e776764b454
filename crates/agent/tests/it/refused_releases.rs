//! Releases that are not believed, do not come, or are none: nothing of them is ever listed.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use terrane_agent::{
    EngineKind::{Terraform, Tofu},
    catalogue::{Installer, TrustedKeys},
};

use crate::{
    release_tree::{Answer, Publisher, archive, program},
    shop::Shop,
};

#[test]
fn a_version_that_is_none_or_that_nobody_has() {
    let shop = Shop::open();
    for text in ["", "banana", "1.x", "../../etc", "1.2.3/../../x", "v1.12.6"] {
        let error = shop.install(Tofu, text).expect_err(text).to_string();
        assert!(error.contains("is no version") && error.contains("~> 1.12.0"), "{error}");
    }
    shop.refused(Tofu, "9.9.9", &["no tofu 9.9.9 at ", "/v9.9.9/tofu_9.9.9_SHA256SUMS"]);
    shop.refused(Tofu, "latest", &["api.json"]);
    shop.tree.put("/api.json", Answer::Whole(b"<html>".to_vec()));
    shop.refused(Tofu, "latest", &["no list of versions"]);
    shop.tree.put("/api.json", Answer::Status(500));
    shop.refused(Tofu, "latest", &["api.json answered 500"]);
}

#[test]
fn a_signature_that_is_not_by_a_trusted_key() {
    let shop = Shop::open();
    let stranger = Publisher::new();
    shop.tree.release(&stranger, Tofu, "1.12.6", archive("tofu", &program(Tofu, "1.12.6")));
    shop.refused(Tofu, "1.12.6", &["the checksums of tofu 1.12.6 are not to be believed", "not used"]);
    // A folder of keys is asked instead of the keys of the program, and not beside them.
    let error = Installer { keys: TrustedKeys::built_in(Tofu), ..shop.installer(Tofu) };
    assert!(shop.install_with(&error, "1.12.6").is_err());
}

#[test]
fn checksums_that_were_changed_after_they_were_signed() {
    let shop = Shop::open();
    let path = shop.release(Terraform, "1.5.7");
    let sums = "/1.5.7/terraform_1.5.7_SHA256SUMS";
    let Answer::Whole(mut text) = shop.tree.take(sums) else { panic!("a file") };
    text.push(b'\n');
    shop.tree.put(sums, Answer::Whole(text.clone()));
    shop.refused(Terraform, "1.5.7", &["does not fit what was signed"]);
    text.pop();
    shop.tree.put(sums, Answer::Whole(text));
    // The signature is missing.
    let signature = shop.tree.take(&format!("{sums}.sig"));
    shop.refused(Terraform, "1.5.7", &["there is no ", "SHA256SUMS.sig"]);
    // Terraform's newer name comes first.
    shop.tree.put(&format!("{sums}.72D7468F.sig"), Answer::Whole(b"nonsense".to_vec()));
    shop.tree.put(&format!("{sums}.sig"), signature.clone());
    shop.refused(Terraform, "1.5.7", &["no OpenPGP packet"]);
    shop.tree.put(&format!("{sums}.72D7468F.sig"), signature);
    let another = archive("terraform", &program(Terraform, "1.5.8"));
    shop.tree.put(&path, Answer::Whole(another));
    shop.refused(Terraform, "1.5.7", &["has the SHA-256", "signed checksums say", "not used"]);
}

#[test]
fn a_download_that_breaks_off_stands_still_or_never_ends() {
    let shop = Shop::open();
    let path = shop.release(Tofu, "1.12.6");
    let whole = shop.tree.take(&path);
    let Answer::Whole(content) = whole.clone() else { panic!("a file") };
    shop.refused(Tofu, "1.12.6", &["there is no http://"]);
    shop.tree.put(&path, Answer::CutOff(content.clone()));
    shop.refused(Tofu, "1.12.6", &["failed to download http://"]);
    shop.tree.put(&path, Answer::Stuck(content));
    shop.refused(Tofu, "1.12.6", &["failed to download http://"]);
    shop.tree.put(&path, whole);
    let mut installer = shop.installer(Tofu);
    installer.limits.archive_bytes_max = 20;
    let error = shop.install_with(&installer, "1.12.6").expect_err("too large").to_string();
    assert!(error.contains("larger than 20 bytes"), "{error}");
    shop.nothing_is_left();
    assert!(shop.install(Tofu, "1.12.6").is_ok());
}

#[test]
fn a_signed_archive_that_is_no_release() {
    let shop = Shop::open();
    let program = program(Tofu, "1.12.6");
    for (content, reason) in [
        (b"PK corrupt".to_vec(), "the archive is damaged"),
        (archive("../tofu", &program), "leads out of it"),
        (archive("terraform", &program), "no program tofu"),
        (archive("tofu", b"#!/bin/sh\nexit 1\n"), "it ended with exit status: 1"),
        (archive("tofu", b"\x7fELF no program"), "failed to execute it"),
        (archive("tofu", &crate::release_tree::program(Tofu, "1.12.5")), "says it is tofu 1.12.5"),
        (archive("tofu", &crate::release_tree::program(Terraform, "1.12.6")), "says it is terraform 1.12.6"),
    ] {
        shop.tree.release(&shop.publisher, Tofu, "1.12.6", content);
        shop.refused(Tofu, "1.12.6", &[reason]);
    }
    let mut installer = shop.installer(Tofu);
    installer.limits.program_bytes_max = 10;
    shop.release(Tofu, "1.12.6");
    let error = shop.install_with(&installer, "1.12.6").expect_err("a bomb").to_string();
    assert!(error.contains("larger than 10 bytes"), "{error}");
    shop.nothing_is_left();
}

/// A small disk; gone when dropped.
struct Disk(Utf8PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = unmount(self.0.as_std_path(), UnmountFlags::DETACH);
    }
}

#[test]
fn a_disk_that_is_full() {
    let shop = Shop::open();
    fs::create_dir(shop.engines()).expect("made");
    mount("tmpfs", shop.engines().as_std_path(), "tmpfs", MountFlags::empty(), c"size=1m,mode=755")
        .expect("this test mounts a small disk, which takes root: it cannot be left out");
    let _disk = Disk(shop.engines());
    let mut large = program(Tofu, "1.12.6");
    large.resize(700_000, b'\n');
    // The archive fits, the program beside it does not.
    shop.tree.release(&shop.publisher, Tofu, "1.12.6", archive("tofu", &large));
    shop.refused(Tofu, "1.12.6", &["failed to unpack the program", "No space left on device"]);
    large.resize(2_000_000, b'\n');
    shop.tree.release(&shop.publisher, Tofu, "1.12.6", archive("tofu", &large));
    shop.refused(Tofu, "1.12.6", &["failed to write", "No space left on device"]);
    shop.release(Tofu, "1.12.6");
    assert!(shop.install(Tofu, "1.12.6").is_ok());
}

#[test]
fn folders_of_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = Utf8Path::from_path(folder.path()).expect("utf-8");
    let said = |folder: &Utf8Path| TrustedKeys::of_folder(folder).expect_err("no keys").to_string();
    assert!(said(&folder.join("none")).contains("failed to read the keys in"));
    fs::write(folder.join("README"), "no key").expect("written");
    assert!(said(folder).contains("there is no key in"));
    fs::write(
        folder.join("a.asc"),
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n",
    )
    .expect("written");
    assert!(said(folder).contains("a.asc cannot be used as a key"));
    fs::write(folder.join("a.asc"), Publisher::new().public_key()).expect("written");
    assert!(TrustedKeys::of_folder(folder).is_ok());
}
