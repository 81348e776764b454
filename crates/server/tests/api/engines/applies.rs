//! What is planned is applied, and what an engine leaves when it is stopped, killed or fails.

use super::on_engines;
use super::under_way::{WAIT, object, wait_until_gone};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::Duration;
use terrane_testkit::{Engines, Setup};

/// What a killed engine had completed, with keys that need care, in the order of their addresses.
const LOST: [&str; 5] = [
    "terraform_data.odd[\"$${x}\"]",
    "terraform_data.odd[\"a b\"]",
    "terraform_data.odd[\"b/c\"]",
    "terraform_data.odd[\"d\\\"e\"]",
    "terraform_data.odd[\"ü\"]",
];

const MAIN: &str = r#"
resource "terraform_data" "many" {
  count = 3
  input = "n${count.index}"
}
output "names" {
  value = terraform_data.many[*].output
}
output "password" {
  value     = "correct-horse"
  sensitive = true
}
"#;

on_engines!(planned_confirmed_applied_and_destroyed, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let ended = bench.apply(&workspace, MAIN).await.expect("applied", "finished");
    assert_eq!((ended.counts(), ended.is_locked()), ([3, 0, 0], false));
    assert!(ended.words().contains("Apply complete! Resources: 3 added"), "{}", ended.log);

    let outputs = owner.get(&format!("/workspaces/{workspace}/current-state-version-outputs")).await;
    let outputs = outputs.expect_status(200).at("/data");
    let value = |name: &str| {
        let mut all = outputs.as_array().unwrap().iter();
        all.find(|output| output["attributes"]["name"] == name).unwrap()["attributes"]["value"].clone()
    };
    assert_eq!((value("names"), value("password")), (json!(["n0", "n1", "n2"]), Value::Null));
    let state = bench.state(&workspace).await;
    assert_eq!(state["resources"][0]["instances"].as_array().unwrap().len(), 3);
    let current = owner.get(&format!("/workspaces/{workspace}/current-state-version")).await;
    assert_eq!(current.at("/data/relationships/run/data/id"), ended.run.id().as_str());

    let again = bench.plan_in(&workspace, &[("main.tf", MAIN)], &json!({})).await.finished();
    assert_eq!((again.counts(), again.plan.attribute("has-changes")), ([0, 0, 0], json!(false)));

    let destroy = json!({ "is-destroy": true, "auto-apply": true });
    let run = owner.run(&workspace, terrane_testkit::archive(&[("main.tf", MAIN)]), &destroy).await;
    let ended = bench.ended(&workspace, &run).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [0, 0, 3]);
    let state = bench.state(&workspace).await;
    assert_eq!(state["resources"], json!([]));
});

on_engines!(a_provisioner_that_fails, |bench| {
    let workspace = bench.workspace("net-prod").await;
    let bad = object("bad", "echo it will not; exit 7");
    let main = format!("{}{bad}", object("good", "true"));
    // Terraform begins with either: what is good is there before.
    bench.apply(&workspace, &object("good", "true")).await.expect("applied", "finished");
    let ended = bench.apply(&workspace, &main).await.expect("errored", "errored");
    assert!(ended.words().contains("exit status 7"), "{}", ended.log);
    assert_eq!((ended.counts(), ended.is_locked()), ([0, 0, 0], false));
    // The object exists, tainted; its state is the current one.
    assert_eq!(bench.names_in_state(&workspace).await, ["bad", "good"]);
    let fixed = format!("{}{}", object("good", "true"), object("bad", "true"));
    let ended = bench.apply(&workspace, &fixed).await.expect("applied", "finished");
    assert_eq!(ended.counts(), [1, 0, 1], "{}", ended.log);
});

on_engines!(cancel_in_mid_apply, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let main = format!("{}{}", object("quick", "true"), object("slow", WAIT));
    let run = bench.confirm(&workspace, &main).await;
    bench
        .wait_for_log(&run, &["terraform_data.quick: Creation complete", "terraform_data.slow (local-exec)"])
        .await;
    owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    let ended = bench.ended(&workspace, &run).await.expect("canceled", "canceled");
    assert_eq!(ended.words().matches("Interrupt received.").count(), 1, "{}", ended.log);
    assert!(!ended.words().contains("Two interrupts"), "{}", ended.log);
    assert_eq!((ended.counts(), ended.is_locked()), ([1, 0, 0], false), "{}", ended.log);
    assert!(bench.names_in_state(&workspace).await.contains(&"quick".to_owned()));
    let next = bench.apply(&workspace, &object("quick", "true")).await.expect("applied", "finished");
    assert_eq!(next.counts()[0], 0, "{}", next.log);
});

on_engines!(an_engine_that_is_killed_in_mid_apply, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let before = object("before", "true");
    bench.apply(&workspace, &before).await.expect("applied", "finished");
    let odd = "resource \"terraform_data\" \"odd\" {\n  for_each = toset([\"b/c\", \"d\\\"e\", \"ü\", \"a b\", \"$${x}\"])\n  input    = each.key\n}\n";
    let run = bench.confirm(&workspace, &format!("{before}{odd}{}", object("slow", WAIT))).await;
    let seen = LOST.map(|address| format!("{address}: Creation complete"));
    let mut texts: Vec<&str> = seen.iter().map(String::as_str).collect();
    texts.push("terraform_data.slow (local-exec)");
    bench.wait_for_log(&run, &texts).await;
    bench.signal_engine(Signal::KILL);
    let ended = bench.ended(&workspace, &run).await.expect("errored", "errored");
    assert!(ended.words().contains("apply was ended by signal 9"), "{}", ended.log);
    assert!(ended.is_locked(), "{}", ended.log);
    let version = bench.recovered(&ended).await;
    assert_eq!(version.attribute("completed-but-not-in-state"), json!(LOST));
    let current = owner.get(&format!("/workspaces/{workspace}/current-state-version")).await;
    assert_ne!(current.id(), version.id());
    bench.decide(&workspace, &version).await;
    let next = bench.apply(&workspace, &format!("{before}{}", object("after", "true"))).await;
    assert_eq!(next.expect("applied", "finished").counts(), [1, 0, 0]);
});

on_engines!(what_a_provisioner_leaves_running_is_ended, |bench| {
    let workspace = bench.workspace("net-prod").await;
    let child = format!("86400.{:08}", rand::random_range(0..100_000_000));
    let forks = object("forks", &format!("setsid sleep {child} >/dev/null 2>&1 & {WAIT}"));
    let run = bench.confirm(&workspace, &forks).await;
    bench.wait_for_log(&run, &["terraform_data.forks (local-exec)"]).await;
    bench.let_go();
    bench.ended(&workspace, &run).await.expect("applied", "finished");
    wait_until_gone(&child).await;
    assert_eq!(bench.names_in_state(&workspace).await, ["forks"]);
});

on_engines!(a_provisioner_that_ignores_the_interrupt, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let child = format!("86400.{:08}", rand::random_range(0..100_000_000));
    // The engine kills the shell at the interrupt; who has left its process group lives on and holds its output.
    let hangs = object("hangs", &format!("trap '' INT TERM; echo begun; setsid sleep {child} & wait"));
    let run = bench.confirm(&workspace, &format!("{}{hangs}", object("quick", "true"))).await;
    bench.wait_for_log(&run, &["quick: Creation complete", "hangs (local-exec): begun"]).await;
    owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    let ended = bench.ended(&workspace, &run).await.expect("canceled", "canceled");
    wait_until_gone(&child).await;
    assert_eq!(ended.words().matches("Interrupt received.").count(), 1, "{}", ended.log);
    assert!(!ended.is_locked(), "{}", ended.log);
    assert!(bench.names_in_state(&workspace).await.contains(&"quick".to_owned()));
});

/// A ladder short enough to wait for.
const IMPATIENT: Setup = Setup {
    engines: Engines::Real,
    configure: |config| config.limits.interrupt_grace = Duration::from_secs(2),
};

on_engines!(an_engine_that_hangs_is_killed_after_the_grace, crate::engines::applies::IMPATIENT, |bench| {
    let owner = &bench.server.owner;
    let workspace = bench.workspace("net-prod").await;
    let main = format!("{}{}", object("quick", "true"), object("slow", WAIT));
    let run = bench.confirm(&workspace, &main).await;
    bench.wait_for_log(&run, &["quick: Creation complete", "slow (local-exec)"]).await;
    bench.signal_engine(Signal::STOP);
    owner.post(&format!("/runs/{}/actions/cancel", run.id), &json!({})).await.expect_status(202);
    let ended = bench.ended(&workspace, &run).await.expect("canceled", "canceled");
    wait_until_gone(bench.server.folder().join("data/agent/").as_str()).await;
    assert!(ended.is_locked(), "an engine that was killed leaves its state uncertain: {}", ended.log);
    let version = bench.recovered(&ended).await;
    assert_eq!(version.attribute("completed-but-not-in-state"), json!(["terraform_data.quick"]));
    bench.decide(&workspace, &version).await;
    bench.apply(&workspace, &object("after", "true")).await.expect("applied", "finished");
});

/// The agent's folder is a disk of 64 MB.
const SMALL_DISK: Setup = Setup {
    engines: Engines::Real,
    configure: |config| {
        let folder = config.data_dir.join("agent");
        std::fs::create_dir_all(&folder).expect("the test's folder is writable");
        mount("tmpfs", folder.as_std_path(), "tmpfs", MountFlags::empty(), c"size=64m,mode=700")
            .expect("this test mounts a small disk, which takes root: it cannot be left out");
    },
};

/// The mount; gone when dropped.
struct Disk(camino::Utf8PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = unmount(self.0.as_std_path(), UnmountFlags::DETACH);
    }
}

on_engines!(a_disk_that_is_full_in_mid_apply, crate::engines::applies::SMALL_DISK, |bench| {
    let _disk = Disk(bench.server.folder().join("data/agent"));
    let workspace = bench.workspace("net-prod").await;
    let before = object("before", "true");
    bench.apply(&workspace, &before).await.expect("applied", "finished");
    let fills = "terraform_data\" \"fills\" {\n  depends_on = [terraform_data.before]";
    let filling =
        object("fills", "dd if=/dev/zero of=filling bs=64k").replace("terraform_data\" \"fills\" {", fills);
    let ended = bench.apply(&workspace, &format!("{before}{filling}")).await.expect("errored", "errored");
    assert!(ended.words().contains("No space left on device"), "{}", ended.log);
    let names = if ended.is_locked() {
        let version = bench.recovered(&ended).await;
        bench.decide(&workspace, &version).await;
        bench.names_in_state(&workspace).await
    } else {
        bench.names_in_state(&workspace).await
    };
    assert!(names.contains(&"before".to_owned()), "{names:?}");
    let next = bench.apply(&workspace, &format!("{before}{}", object("after", "true"))).await;
    next.expect("applied", "finished");
});
