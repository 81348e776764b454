//! A disk that becomes full in mid-apply.

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use serde_json::json;
use terrane_wire::Outcome;

use crate::{jobs::apply_steps, world::World};

/// A small disk; gone when dropped.
struct Disk(camino::Utf8PathBuf);

impl Disk {
    fn mounted(path: &camino::Utf8Path) -> Self {
        std::fs::create_dir_all(path).expect("made");
        mount("tmpfs", path.as_std_path(), "tmpfs", MountFlags::empty(), c"size=64m,mode=700")
            .expect("this test mounts a small disk, which takes root: it cannot be left out");
        Self(path.to_owned())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = terrane_agent::end_leftovers(&self.0);
        let _ = unmount(self.0.as_std_path(), UnmountFlags::DETACH);
    }
}

#[test]
fn a_full_disk_is_named_the_state_kept_and_the_next_run_unharmed() {
    let world = World::new();
    let _disk = Disk::mounted(&world.work_dir);
    let steps = json!([
        {"print": "begins\n"}, {"write_state": {}}, {"fill_disk": "filling"},
        // There is a reserve for one more.
        {"write_state": {"bytes": 100_000}}, {"fill_disk": "filling"}, {"write_state": {"bytes": 100_000}},
    ]);
    let report = world.run(apply_steps(&world.server, &world.engine, &steps));
    let log = world.server.log();
    let Outcome::Errored { reason } = &report.outcome else { panic!("{log}") };
    assert!(reason.contains("the state could not be kept: No space left on device"), "{reason}");
    assert!(log.contains("No space left on device"), "{log}");
    assert_eq!((report.states_written, report.is_state_uncertain), (2, true), "{log}");
    world.server.told().states.clear();
    world.server.told().started = None;
    let mut job = apply_steps(&world.server, &world.engine, &json!([{"write_state": {}}]));
    job.id = "job-3".to_owned();
    assert_eq!(world.run(job).outcome, Outcome::Finished, "without a restart");
}
