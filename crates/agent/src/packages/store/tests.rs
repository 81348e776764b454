//! What is kept, for whom, and for how long.

use super::{LIMITS, Limits, PackageHash, PackageStore, open_beneath, read};
use camino::{Utf8Path, Utf8PathBuf};
use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt, PermissionsExt},
    slice::from_ref,
    time::{Duration, SystemTime},
};

struct Place {
    root: Utf8PathBuf,
    store: PackageStore,
    _dir: tempfile::TempDir,
}

impl Place {
    fn new(limits: Limits) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(dir.path()).expect("utf-8").to_owned();
        let store = PackageStore::with_limits(&root, limits).expect("opened");
        Self { root, store, _dir: dir }
    }

    /// Has a run of a workspace install a package of this content; its digest.
    fn keep(&self, workspace: &str, content: &str) -> PackageHash {
        let installed = self.root.join(format!("installed-{content}"));
        fs::create_dir_all(installed.join("docs")).expect("made");
        fs::write(installed.join("program"), content).expect("written");
        fs::set_permissions(installed.join("program"), PermissionsExt::from_mode(0o755)).expect("set");
        fs::write(installed.join("docs/README"), "read me").expect("written");
        let opened = open_beneath(&self.root, installed.file_name().expect("named").into()).expect("opened");
        let hash = read(&opened, None).expect("read").hash;
        self.store.keep(workspace, from_ref(&hash), &opened).expect("kept");
        hash
    }

    fn gives(&self, workspace: &str, hash: &PackageHash) -> bool {
        let given = self.root.join(format!("given-{}", rand::random::<u64>()));
        self.store.give(workspace, hash, &given).unwrap_or(false)
    }

    fn count(&self) -> usize {
        self.root.join("packages").read_dir().expect("read").count()
    }
}

#[test]
fn a_workspace_gets_what_its_own_runs_have_had() {
    let place = Place::new(LIMITS);
    let hash = place.keep("ws-1", "a");
    let given = place.root.join("given");
    assert!(place.store.give("ws-1", &hash, &given).expect("given"));
    let program = given.join("program").metadata().expect("there");
    assert_eq!(program.mode() & 0o777, 0o555, "nobody writes to it, and it can be executed");
    assert_eq!(fs::read_to_string(given.join("docs/README")).expect("there"), "read me");
    assert!(!place.gives("ws-2", &hash), "knowing the digest is not enough");
    place.keep("ws-2", "a");
    assert!(place.gives("ws-2", &hash) && place.gives("ws-1", &hash));
    assert_eq!(place.count(), 1, "one copy for both");
    // A job has it for as long as it lasts.
    place.store.remove(&place.store.of(&hash)).expect("removed");
    assert_eq!(fs::read_to_string(given.join("program")).expect("there"), "a");
    assert!(!place.gives("ws-1", &hash));
}

#[test]
fn what_the_lock_file_does_not_name_is_not_kept() {
    let place = Place::new(LIMITS);
    let named = place.keep("ws-1", "named");
    fs::write(place.root.join("installed-named/program"), "planted").expect("written");
    let opened = open_beneath(&place.root, "installed-named".into()).expect("opened");
    place.store.keep("ws-2", from_ref(&named), &opened).expect("looked at");
    assert!(!place.gives("ws-2", &named));
    let other = PackageHash::of([("program", "0")].into_iter());
    place.store.keep("ws-2", from_ref(&other), &opened).expect("looked at");
    assert!(!place.gives("ws-2", &other));
    assert_eq!(place.count(), 1, "nothing is left of it");
}

#[test]
fn what_was_altered_is_forgotten() {
    let place = Place::new(LIMITS);
    let altered = |hash: &PackageHash, content: &str| {
        let program = place.store.of(hash).files().join("program");
        fs::set_permissions(&program, PermissionsExt::from_mode(0o644)).expect("set");
        fs::write(&program, content).expect("written");
        program
    };
    let hash = place.keep("ws-1", "a");
    altered(&hash, "longer");
    assert!(!place.gives("ws-1", &hash));
    assert_eq!(place.count(), 0);
    // Even where nothing shows it: after an engine has complained.
    let hash = place.keep("ws-1", "b");
    place.store.check(&hash).expect("looked at");
    assert!(place.gives("ws-1", &hash), "a package that is right stays");
    let modified = place.store.of(&hash).files().join("program").metadata().expect("there").modified();
    let program = altered(&hash, "c");
    File::options()
        .write(true)
        .open(&program)
        .expect("opened")
        .set_modified(modified.expect("known"))
        .expect("set");
    fs::set_permissions(&program, PermissionsExt::from_mode(0o555)).expect("set");
    assert!(place.gives("ws-1", &hash));
    place.store.check(&hash).expect("looked at");
    assert!(!place.gives("ws-1", &hash));
}

#[test]
fn the_least_recently_used_go_first() {
    let long_ago = |place: &Place, hash: &PackageHash, seconds: u64| {
        let folder = File::open(&place.store.of(hash).0).expect("opened");
        folder.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("set");
    };
    let few = Limits { packages_max: 2, ..LIMITS };
    let small = Limits { bytes_max: 20, ..LIMITS };
    for limits in [few, small] {
        let place = Place::new(limits);
        let (a, b) = (place.keep("ws-1", "aa"), place.keep("ws-1", "bb"));
        long_ago(&place, &a, 60);
        long_ago(&place, &b, 50);
        assert!(place.gives("ws-1", &a), "and is used now");
        let c = place.keep("ws-1", "cc");
        assert_eq!([&a, &b, &c].map(|hash| place.gives("ws-1", hash)), [true, false, true]);
    }
    let place = Place::new(LIMITS);
    let old = place.keep("ws-1", "old");
    long_ago(&place, &old, LIMITS.unused_max.as_secs() + 60);
    place.keep("ws-1", "new");
    assert!(!place.gives("ws-1", &old));
}

#[test]
fn nothing_is_kept_on_a_disk_that_is_nearly_full() {
    let place = Place::new(Limits { free_bytes_min: u64::MAX, ..LIMITS });
    let hash = place.keep("ws-1", "a");
    assert!(!place.gives("ws-1", &hash));
    assert_eq!(place.count(), 0);
}

#[test]
fn what_was_left_half_done_is_removed() {
    let place = Place::new(LIMITS);
    let hash = place.keep("ws-1", "a");
    fs::create_dir_all(place.root.join("packages/partial-1/files")).expect("made");
    let store = PackageStore::open(&place.root).expect("opened");
    assert_eq!(place.count(), 1);
    assert!(store.would_give("ws-1", &hash));
}
