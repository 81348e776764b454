//! Directories to archives and back.

use std::{
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
};

use terrane_slug::{Limits, PackError, Summary, inspect, pack, pack_files};

use crate::yard::{Yard, list};

fn write(root: &Path, name: &str, content: &str, mode: u32) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn packed(root: &Path) -> Result<(Summary, Vec<u8>), PackError> {
    let mut archive = Vec::new();
    let summary = pack(root, &mut archive)?;
    Ok((summary, archive))
}

#[test]
fn what_is_packed_unpacks_to_the_same() {
    let from = tempfile::tempdir().unwrap();
    let root = from.path();
    write(root, "main.tf", "resource {}", 0o644);
    write(root, "modules/run.sh", "#!/bin/sh", 0o755);
    write(root, &format!("modules/{}/{}", "d".repeat(200), "é".repeat(100)), "long", 0o644);
    write(root, "empty", "", 0o644);
    fs::create_dir(root.join("void")).unwrap();
    symlink("../main.tf", root.join("modules/link")).unwrap();
    symlink(format!("modules/{}", "d".repeat(200)), root.join("long")).unwrap();
    symlink("modules/../main.tf", root.join("round")).unwrap();

    let (summary, archive) = packed(root).unwrap();
    let yard = Yard::new();
    assert_eq!(yard.take(&archive, &Limits::default()).unwrap(), summary);
    let mut expected = Vec::new();
    list(root, "", &mut expected);
    assert_eq!(yard.listing(), expected);
    assert_eq!(summary, Summary { files: 4, directories: 3, symlinks: 3, unpacked_bytes: 24 });
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let archives = [["b", "a/c", "a/b"], ["a/b", "a/c", "b"]].map(|names| {
        let from = tempfile::tempdir().unwrap();
        for name in names {
            write(from.path(), name, name, 0o640);
        }
        packed(from.path()).unwrap().1
    });
    assert_eq!(archives[0], archives[1]);
}

#[test]
fn what_git_and_the_engine_keep_is_left_out() {
    let from = tempfile::tempdir().unwrap();
    for name in [
        ".git/config",
        "nested/.git/config",
        ".terraform/terraform.tfstate",
        ".terraform/providers/p",
        ".terraform/modules/modules.json",
        "nested/.terraform/providers/p",
        ".terraform.lock.hcl",
        ".terraformignore",
        "terraform.tfstate",
    ] {
        write(from.path(), name, "", 0o644);
    }
    let (_, archive) = packed(from.path()).unwrap();
    let yard = Yard::new();
    yard.take(&archive, &Limits::default()).unwrap();
    assert_eq!(
        yard.listing(),
        [
            ".terraform/ 755",
            ".terraform/modules/ 755",
            ".terraform/modules/modules.json 644 ",
            ".terraform.lock.hcl 644 ",
            ".terraformignore 644 ",
            "nested/ 755",
            "terraform.tfstate 644 ",
        ]
    );
}

#[test]
fn what_could_not_be_unpacked_is_refused() {
    let refused = |make: &dyn Fn(&Path)| {
        let from = tempfile::tempdir().unwrap();
        make(from.path());
        let error = packed(from.path()).unwrap_err();
        assert!(matches!(error, PackError::Refused { .. }), "{error}");
        error.to_string()
    };
    let text = refused(&|root| symlink("../outside", root.join("link")).unwrap());
    assert!(text.contains("\"link\" is a symbolic link to \"../outside\", which leaves"), "{text}");
    assert!(refused(&|root| symlink("/etc", root.join("link")).unwrap()).contains("absolute"));
    assert!(refused(&|root| symlink("a/../b", root.join("link")).unwrap()).contains("goes up"));
    let text = refused(&|root| drop(UnixListener::bind(root.join("socket")).unwrap()));
    assert!(text.contains("socket"), "{text}");
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    assert!(refused(&|root| fs::write(root.join(name), "").unwrap()).contains("UTF-8"));
    assert!(refused(&|root| fs::create_dir_all(root.join("a/".repeat(65))).unwrap()).contains("64"));
    let error = packed(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(matches!(error, PackError::Read { .. }), "{error}");
}

#[test]
fn files_can_be_packed_from_memory() {
    let long = "d/".repeat(60) + "f";
    let archive = pack_files(&[("main.tf", b"x"), ("a/b", &[7; 1024]), (&long, b"")]);
    let summary = inspect(archive.as_slice(), &Limits::default()).unwrap();
    assert_eq!(summary, Summary { files: 3, directories: 61, symlinks: 0, unpacked_bytes: 1025 });
    assert!(inspect(pack_files(&[]).as_slice(), &Limits::default()).is_ok());
    assert!(inspect(pack_files(&[("../a", b"")]).as_slice(), &Limits::default()).is_err());
}
