//! Agents, supervisors and engines that are killed as processes.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use terrane_wire::{Category, Outcome, Secret, Variable};

use crate::{
    jobs::{apply_steps, behaviour, plan},
    server::{PATIENCE, Server},
    world::{World, wait_until},
};

/// An agent as a process; killed when dropped.
pub struct Process(Child);

impl Process {
    pub fn start(world: &World, url: &str) -> Self {
        let arguments = ["agent", url, world.work_dir.as_str(), world.engine.path.as_str()];
        let child = Command::new(env!("CARGO_BIN_EXE_agent-process"))
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the agent can be started");
        Self(child)
    }

    pub fn kill(mut self) {
        self.0.kill().expect("it can be killed");
        self.0.wait().expect("it ends");
    }

    /// As a service manager does it; the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        signal(i32::try_from(self.0.id()).expect("a process id"), Signal::TERM);
        self.0.wait().expect("it ends").code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn signal(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).expect("a process id"), signal).expect("it can be signalled");
}

/// What a job's supervisor noted of its processes.
pub fn noted(folder: &Utf8Path, name: &str) -> Option<i32> {
    let text = fs::read(folder.join("processes.json")).ok()?;
    let processes: Value = serde_json::from_slice(&text).ok()?;
    processes[name]["pid"].as_i64().and_then(|pid| pid.try_into().ok())
}

pub fn kill_supervisor(folder: &Utf8Path) {
    signal(noted(folder, "supervisor").expect("a supervisor is noted"), Signal::KILL);
}

fn is_free(folder: &Utf8Path) -> bool {
    fs::File::open(folder.join("lock")).is_ok_and(|lock| lock.try_lock_shared().is_ok())
}

/// Starts another supervisor on the same folder, as prepared; whether it went well.
pub fn supervise_again(folder: &Utf8Path) -> bool {
    let text = fs::read(folder.join("spec.json")).expect("the folder is prepared");
    let spec: Value = serde_json::from_slice(&text).expect("JSON");
    supervise(folder, spec["attempt"].as_str().expect("an attempt"))
}

fn supervise(folder: &Utf8Path, attempt: &str) -> bool {
    let status = Command::new(env!("CARGO_BIN_EXE_agent-process"))
        .args(["supervise", folder.as_str()])
        .env_clear()
        .env("TERRANE_ATTEMPT", attempt)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.expect("it can be started").success()
}

/// Kills the agent when something has happened, starts another, and lets the job go on.
fn killed_when(
    world: &World,
    job_id: &str,
    what: &str,
    has_happened: impl Fn(&Server) -> bool,
    go_on: impl Fn(&Server),
) {
    let url = world.listen();
    let agent = Process::start(world, &url);
    wait_until(what, || has_happened(&world.server));
    agent.kill();
    go_on(&world.server);
    let agent = Process::start(world, &url);
    world.server.wait_for("report", |told| (!told.reports.is_empty()).then_some(()));
    wait_until("the folder is removed", || !world.work_dir.join(job_id).exists());
    let told = world.server.told();
    let last = told.hellos.last().expect("a hello");
    assert_eq!(last.agent_id.as_deref(), Some("agent-1"), "{what}");
    assert_eq!(last.holding.len(), 1, "{what}: {last:?}");
    assert_eq!(last.holding[0].job_id, job_id);
    drop(told);
    assert_eq!(agent.terminate(), Some(0), "{what}");
}

fn secret(value: &str) -> Variable {
    let (key, category) = ("SECRET".to_owned(), Category::Env);
    Variable { key, value: Secret::new(value), category, hcl: false, sensitive: true }
}

fn go(world: &World, job_id: &str) {
    fs::write(world.work_dir.join(job_id).join("config/go"), "").expect("written");
}

const LOG: &str = "start 1\nterraform_data.a[0]: Creation complete after 0s [id=0]\nend\n";

fn steps() -> Value {
    json!([{"count_start": "starts"}, {"write_state": {}}, {"created": 1}, {"wait_for_file": "go"},
        {"write_state": {}}, {"print": "end\n"}])
}

#[test]
fn an_agent_killed_in_mid_apply_is_followed_by_one_that_adopts() {
    let world = World::new();
    world.give(apply_steps(&world.server, &world.engine, &steps()));
    let is_in_the_middle = |server: &Server| server.log().contains("Creation complete");
    killed_when(&world, "job-2", "mid-apply", is_in_the_middle, |_| go(&world, "job-2"));
    let report = world.server.report();
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!((report.states_written, report.is_state_uncertain), (2, false));
    assert_eq!(world.server.log(), LOG);
    let told = world.server.told();
    assert_eq!(told.states.iter().map(|state| state.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(told.starts.len(), 1);
}

#[test]
fn an_agent_killed_before_its_start_prepares_again() {
    let world = World::new();
    let job = apply_steps(&world.server, &world.engine, &json!([{"count_start": "starts"}]));
    let archive = world.server.told().objects.remove("plan-file").expect("stored");
    // A server that answers badly is asked again for a while.
    world.server.told().objects.insert("plan-file".into(), b"x".to_vec());
    world.give(job);
    let folder = world.work_dir.join("job-2");
    killed_when(
        &world,
        "job-2",
        "fetching",
        |_| folder.join("input/plan.tfplan").exists(),
        |server| {
            server.told().objects.insert("plan-file".into(), archive.clone());
        },
    );
    assert_eq!(world.server.report().outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!(world.server.log(), "start 1\n");
}

#[test]
fn an_agent_killed_between_the_two_starts_never_starts_again() {
    let world = World::new();
    world.server.told().start_answers_lost = u32::MAX;
    world.give(apply_steps(&world.server, &world.engine, &json!([{"count_start": "starts"}])));
    killed_when(
        &world,
        "job-2",
        "noted start",
        |server| server.told().started.is_some(),
        |server| {
            let folder = world.work_dir.join("job-2");
            assert!(!supervise(&folder, "of another attempt"));
            assert!(
                !folder.join("started").exists() && !folder.join("exit.json").exists(),
                "it touches nothing"
            );
            server.told().start_answers_lost = 0;
        },
    );
    let report = world.server.report();
    let reason = "the apply was started before".to_owned();
    assert_eq!(report.outcome, Outcome::Errored { reason });
    assert!(!report.is_state_uncertain, "the disk says that nothing ran");
    assert!(!world.server.log().contains("start 1"), "{}", world.server.log());
}

#[test]
fn an_agent_killed_after_the_engine_s_end_reports_it() {
    let world = World::new();
    let steps = json!([{"count_start": "starts"}, {"write_state": {}}, {"print": "end\n"}, {"exit": 3}]);
    world.give(apply_steps(&world.server, &world.engine, &steps));
    let (exit, server) = (world.work_dir.join("job-2/exit.json"), world.server.clone());
    let has_ended = move |_: &Server| {
        if server.told().started.is_some() {
            server.told().is_away = true;
        }
        exit.exists()
    };
    killed_when(&world, "job-2", "the end", has_ended, |server| server.told().is_away = false);
    let report = world.server.report();
    let reason = "tofu apply failed with exit code 3".to_owned();
    assert_eq!(report.outcome, Outcome::Errored { reason: reason.clone() });
    assert_eq!(report.states_written, 1);
    assert_eq!(world.server.log(), format!("start 1\nend\nterrane: {reason}\n"));
}

#[test]
fn an_agent_killed_in_mid_plan_is_followed_by_one_that_adopts() {
    let world = World::new();
    let steps = json!({"plan": [{"print": "one\n"}, {"wait_for_file": "go"}, {"print": "two\n"}, {"plan": {"additions": 1}}]});
    world.give(plan(&world.server, &world.engine, &behaviour(&steps)));
    killed_when(&world, "job-1", "mid-plan", |server| server.log().contains("one"), |_| go(&world, "job-1"));
    let report = world.server.report();
    assert_eq!(report.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!(report.counts.expect("counts").additions, 1);
    assert_eq!(world.server.log(), "one\ntwo\n");
}

#[test]
fn a_plan_whose_supervisor_was_killed_may_be_made_again() {
    let world = World::new();
    let steps = json!({"plan": [{"print": "one\n"}, {"wait_for_file": "go"}, {"plan": {"additions": 1}}]});
    let job = plan(&world.server, &world.engine, &behaviour(&steps));
    let folder = world.job_folder(&job);
    world.give(job);
    let agent = world.start();
    world.server.wait_for_log("one");
    kill_supervisor(&folder);
    let report = world.server.report();
    assert!(report.is_lost, "{report:?}");
    // Given again at once, while the first attempt is being removed.
    let mut again = plan(&world.server, &world.engine, &behaviour(&json!({"plan": [{"print": "two\n"}]})));
    (again.lease_epoch, again.log_offset) = (2, report.log_size_bytes);
    world.server.told().reports.clear();
    world.give(again);
    let report = world.server.report();
    assert_eq!((report.outcome, report.is_lost), (Outcome::Finished, false), "{}", world.server.log());
    assert!(world.server.log().contains("it is made again\ntwo\n"), "{}", world.server.log());
    drop(agent);
}

#[test]
fn agent_and_supervisor_killed_leave_an_uncertain_state() {
    let world = World::new();
    world.give(apply_steps(&world.server, &world.engine, &steps()));
    let folder = world.work_dir.join("job-2");
    let is_in_the_middle = |server: &Server| server.log().contains("Creation complete");
    killed_when(&world, "job-2", "mid-apply", is_in_the_middle, |_| {
        kill_supervisor(&folder);
        wait_until("the lock is free", || is_free(&folder));
        assert!(!supervise_again(&folder), "the mark says that it was started");
    });
    let report = world.server.report();
    let Outcome::Errored { reason } = &report.outcome else { panic!("{:?}", report.outcome) };
    assert!(reason.contains("what the engine did is unknown"), "{reason}");
    assert!(report.is_state_uncertain);
    assert_eq!(report.states_written, 1, "what was on disk is forwarded");
}

#[test]
fn a_terminated_agent_leaves_its_job_to_the_next() {
    let world = World::new();
    world.give(apply_steps(&world.server, &world.engine, &steps()));
    let url = world.listen();
    let agent = Process::start(&world, &url);
    world.server.wait_for_log("Creation complete");
    assert_eq!(agent.terminate(), Some(0));
    let folder = world.work_dir.join("job-2");
    assert!(noted(&folder, "supervisor").is_some_and(|pid| Utf8Path::new(&format!("/proc/{pid}")).exists()));
    go(&world, "job-2");
    let agent = Process::start(&world, &url);
    world.server.report();
    wait_until("the folder is removed", || !folder.exists());
    assert_eq!(agent.terminate(), Some(0));
    assert_eq!(world.server.log(), LOG);
}

#[test]
fn an_agent_killed_again_and_again_applies_once_and_loses_nothing() {
    for round in 0..ROUNDS {
        let world = World::new();
        let url = world.listen();
        let mut steps = vec![json!({"count_start": "starts"})];
        for number in 1..=STATES {
            let line = format!("state {number} hunter2hunter\n");
            steps.extend([
                json!({"write_state": {"bytes": 20_000}}),
                json!({"print": line}),
                json!({"sleep_ms": 30}),
            ]);
        }
        let mut job = apply_steps(&world.server, &world.engine, &Value::from(steps));
        job.variables.push(secret("hunter2hunter"));
        let folder = world.job_folder(&job);
        world.give(job);
        let mut kills = 0;
        let begun = Instant::now();
        while world.server.told().reports.is_empty() {
            let agent = Process::start(&world, &url);
            let life = Duration::from_millis(rand::random_range(5..250) + 10 * kills);
            let deadline = Instant::now() + life;
            while Instant::now() < deadline && world.server.told().reports.is_empty() {
                std::thread::sleep(Duration::from_millis(1));
            }
            agent.kill();
            kills += 1;
            assert!(begun.elapsed() < PATIENCE, "round {round}: no report after {kills} kills");
        }
        let hellos = world.server.told().hellos.len();
        let agent = Process::start(&world, &url);
        world.server.wait_for("hello", |told| (told.hellos.len() > hellos).then_some(()));
        wait_until("the folder is removed", || !folder.exists());
        assert_eq!(agent.terminate(), Some(0));
        let report = world.server.report();
        let (told, log) = (world.server.told(), world.server.clone());
        let is_started = told.started.is_some();
        let states = told.states.len() as u64;
        assert!(told.reports.iter().all(|other| *other == report), "round {round}: {:?}", told.reports);
        drop(told);
        let log = log.log();
        if report.outcome == Outcome::Finished {
            let lines = (1..=STATES).map(|number| format!("state {number} (sensitive value)\n"));
            let expected = format!("start 1\n{}", lines.collect::<String>());
            assert_eq!((log, states), (expected, STATES), "round {round}, {kills} kills");
            assert!(!report.is_state_uncertain);
        } else {
            // Killed between the server's note of the start and the start.
            assert!(
                is_started && !log.contains("start 1") && states == 0,
                "round {round}: {log}, {report:?}"
            );
        }
    }
}

const ROUNDS: u64 = 6;
const STATES: u64 = 12;
