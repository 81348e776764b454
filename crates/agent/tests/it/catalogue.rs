//! Installs from a publisher on loopback: several versions, constraints, kills, two at once, builds.

use std::{fs, os::unix::fs::PermissionsExt, sync::Mutex, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use terrane_agent::{
    EngineKind::{Terraform, Tofu},
    EnginePlaces, KnownEngines,
    catalogue::{Installer, Origin, Progress, Silent, Wish},
};

use crate::{
    release_tree::{archive, program},
    shop::{Shop, names},
};

#[test]
fn several_versions_of_both_engines_side_by_side() {
    let shop = Shop::open();
    for (kind, version) in [(Tofu, "1.12.6"), (Tofu, "1.6.0"), (Terraform, "1.5.7"), (Terraform, "1.11.4")] {
        shop.release(kind, version);
        let installed = shop.install(kind, version).expect("installed");
        assert!(!installed.was_there);
        assert_eq!(installed.program.metadata().expect("a program").permissions().mode() & 0o777, 0o755);
    }
    assert_eq!(shop.listed(), ["terraform 1.11.4", "terraform 1.5.7", "tofu 1.12.6", "tofu 1.6.0"]);
    let again = shop.install(Tofu, "1.6.0").expect("there");
    assert!(again.was_there);
    let Some(Origin::Release { url, signed_by, sha256 }) = Installer::origin(&again.program) else {
        panic!("a release has an origin")
    };
    assert!(url.contains("/v1.6.0/tofu_1.6.0_linux_"), "{url}");
    assert_eq!((signed_by.len(), sha256.len()), (40, 64));
}

#[test]
fn constraints_and_latest_choose_from_the_publisher_s_list() {
    let shop = Shop::open();
    for kind in [Tofu, Terraform] {
        shop.tree.index(kind, &["1.11.9", "1.12.0", "1.12.6", "1.13.0-rc1", "2.0.0"]);
        for version in ["1.11.9", "1.12.6", "1.13.0-rc1", "2.0.0"] {
            shop.release(kind, version);
        }
        for (wanted, expected) in [
            ("~> 1.12.0", "1.12.6"),
            (">= 1.5, < 1.12", "1.11.9"),
            ("latest", "2.0.0"),
            (">= 1.13.0-rc1, < 1.13.0", "1.13.0-rc1"),
        ] {
            let installed = shop.install(kind, wanted).expect(wanted);
            assert_eq!(
                (installed.engine.kind, installed.engine.version.as_str()),
                (kind, expected),
                "{wanted}"
            );
        }
        let error = shop.install(kind, "~> 9.0").expect_err("nobody has it").to_string();
        assert!(error.contains(&format!("no {kind} ~> 9.0")) && error.contains("newest is 2.0.0"), "{error}");
    }
}

#[test]
fn what_a_killed_install_has_left_is_never_listed_and_goes_with_the_next() {
    let shop = Shop::open();
    shop.release(Tofu, "1.12.6");
    // As it is between the unpacking and the last step.
    for name in [".installing-abc", ".installing-xyz"] {
        let folder = shop.engines().join(name);
        fs::create_dir_all(&folder).expect("made");
        for program_name in ["program", "tofu"] {
            let path = folder.join(program_name);
            fs::write(&path, program(Tofu, "1.0.0")).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
        }
    }
    assert_eq!(shop.listed(), [""; 0]);
    shop.install(Tofu, "1.12.6").expect("installed");
    assert_eq!(shop.listed(), ["tofu 1.12.6"]);
    assert!(names(&shop.engines()).iter().all(|name| !name.starts_with(".installing")));
}

/// Remembers what it was told.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn begin(&self, what: &str, total_bytes: Option<u64>) {
        self.note(&format!("{what} {total_bytes:?}"));
    }

    fn advance(&self, bytes: u64) {
        self.note(&format!("+{bytes}"));
    }

    fn end(&self) {
        self.note("end");
    }

    fn note(&self, text: &str) {
        self.0.lock().expect("no test panics with it").push(text.to_owned());
    }
}

#[test]
fn two_installs_at_once_are_one_after_the_other() {
    let shop = Shop::open();
    shop.release(Tofu, "1.12.6");
    shop.release(Terraform, "1.5.7");
    let wish = |kind, version: &str| Wish { kind, version: version.to_owned(), go: None };
    let (tofu, terraform) = (shop.installer(Tofu), shop.installer(Terraform));
    let (same, other) = (wish(Tofu, "1.12.6"), wish(Terraform, "1.5.7"));
    let notes = Notes::default();
    let (first, second, third) = shop.runtime.block_on(async {
        tokio::join!(
            tofu.install(&same, &notes),
            tofu.install(&same, &notes),
            terraform.install(&other, &notes)
        )
    });
    let were_there = [first, second].map(|installed| installed.expect("installed").was_there);
    assert!(were_there[0] != were_there[1], "{were_there:?}");
    third.expect("installed");
    assert_eq!(shop.listed(), ["terraform 1.5.7", "tofu 1.12.6"]);
    let told = notes.0.lock().expect("no test panics with it").join("\n");
    assert!(told.contains("another install is under way"), "{told}");
    let size = archive("tofu", &program(Tofu, "1.12.6")).len();
    assert!(
        told.contains(&format!("linux_amd64.zip Some({size})\n+{size}\nend"))
            || cfg!(not(target_arch = "x86_64")),
        "{told}"
    );
}

/// Go, as far as an install sees it.
fn go(folder: &Utf8Path, script: &str) -> Utf8PathBuf {
    let path = folder.join("go");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    path
}

const GO: &str = r#"
case "$1 $2" in
"version "*) echo "go version go1.26.6 linux/amd64" ;;
"list -m") echo '{"Path":"x","Versions":["v1.5.0","v1.12.6","v1.13.0-rc1"]}' ;;
"mod download") echo "$4" > asked; echo '{"GoMod":"/tmp/x.mod"}' ;;
"mod edit") echo '{"Go":"1.26.6","Replace":[{"Old":{"Path":"a.example/a"},"New":{"Path":"b.example/b","Version":"v1.0.0"}}]}' ;;
"build -v")
    grep -q 'replace a.example/a => b.example/b v1.0.0' go.mod || exit 3
    grep -q 'require github.com/opentofu/opentofu v1.12.6' go.mod || exit 4
    [ "$(cat asked)" = github.com/opentofu/opentofu@v1.12.6 ] || exit 5
    echo package >&2
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\necho "{\\"terraform_version\\":\\"1.12.6\\"}"\n' > "$2"
    chmod +x "$2" ;;
esac"#;

#[test]
fn a_build_from_the_go_module() {
    let shop = Shop::open();
    let build = |go: Utf8PathBuf, version: &str| {
        let wish = Wish { kind: Tofu, version: version.to_owned(), go: Some(go) };
        shop.runtime.block_on(shop.installer(Tofu).install(&wish, &Silent))
    };
    let error = build("/nonexistent/go".into(), "1.12.6").expect_err("no Go").to_string();
    assert!(error.contains("cannot start /nonexistent/go") && error.contains("install Go"), "{error}");
    let failing = go(&shop.root, "echo 'go: no such module' >&2; exit 1");
    let error = build(failing, "1.12.6").expect_err("a failure").to_string();
    assert!(error.contains("`go mod download` failed: go: no such module"), "{error}");
    shop.nothing_is_left();
    let installed = build(go(&shop.root, GO), "~> 1.12.0").expect("built");
    assert_eq!(installed.engine.version, "1.12.6");
    let Some(Origin::GoModule { module, go }) = Installer::origin(&installed.program) else {
        panic!("a build has an origin")
    };
    assert_eq!(module, "github.com/opentofu/opentofu@v1.12.6");
    assert!(go.contains("go1.26.6"));
}

#[test]
fn what_is_installed_meanwhile_is_found_without_a_restart() {
    let shop = Shop::open();
    shop.release(Tofu, "1.12.6");
    let places = EnginePlaces { explicit: Vec::new(), folder: shop.engines(), search_path: None };
    let mut known = shop.runtime.block_on(KnownEngines::follow(places));
    assert!(known.current().is_empty());
    shop.install(Tofu, "1.12.6").expect("installed");
    let news = async { tokio::time::timeout(Duration::from_secs(30), known.changed()).await };
    shop.runtime.block_on(news).expect("the engine is found");
    assert_eq!(known.current()[0].engine.version, "1.12.6");
}
