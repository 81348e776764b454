//! An engine as a process, with what happens while it runs.

use crate::api;
use crate::pattern;
use crate::step::{Command, Meanwhile, words};
use crate::world::World;
use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

/// No command takes longer, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Runs it and checks what it said.
pub fn play(world: &mut World, step: &Command) -> Result<()> {
    let line = world.fill(&step.run)?;
    let printed_before = world.printed.len();
    let mut running = Running::start(world, step, &line)?;
    let ended = running.play(world, &step.then);
    world.printed.truncate(printed_before);
    let (out, err) = (running.read("out")?, running.read("err")?);
    let code = running.child.try_wait()?.and_then(|status| status.code());
    let ending = code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
    world.told += &format!("$ {} {line}\n{out}{err}({ending})\n", world.variant.engine.program());
    world.printed += &format!("{out}{err}");
    ended?;
    ensure!(code.is_some_and(|code| step.exit.allows(code)), "expected exit code {:?}", step.exit);
    check_output(world, step, &out, &err)?;
    check_files(world, step)
}

fn check_output(world: &World, step: &Command, out: &str, err: &str) -> Result<()> {
    for (name, output, patterns) in [("output", out, &step.out), ("error output", err, &step.err)] {
        let patterns = world.fill_all(patterns)?;
        if let Some(missing) = pattern::first_missing(output, &patterns) {
            bail!("expected in the standard {name}: {missing:?}");
        }
    }
    if let Some(all) = &step.out_is {
        ensure!(
            out.trim_end() == world.fill(all)?.trim_end(),
            "expected as the whole standard output: {all:?}"
        );
    }
    for never in world.fill_all(&step.never)? {
        let found = pattern::contains(out, &never) || pattern::contains(err, &never);
        ensure!(!found, "expected in no output: {never:?}");
    }
    if !step.out_json.is_empty() {
        let value: Value = serde_json::from_str(out).context("expected JSON as the standard output")?;
        api::check_values(world, &value, &step.out_json)?;
    }
    Ok(())
}

fn check_files(world: &World, step: &Command) -> Result<()> {
    let folder = world.path("work").join(&step.dir);
    for (name, patterns) in &step.files {
        let text =
            std::fs::read_to_string(folder.join(name)).with_context(|| format!("expected a file {name}"))?;
        if let Some(missing) = pattern::first_missing(&text, &world.fill_all(patterns)?) {
            bail!("expected in {name}: {missing:?}, which holds:\n{text}");
        }
    }
    for name in &step.no_files {
        ensure!(!folder.join(name).exists(), "expected no file {name}");
    }
    Ok(())
}

/// A command that runs, its output in files; killed when dropped.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    output: tempfile::TempDir,
    deadline: Instant,
}

impl Running {
    fn start(world: &World, step: &Command, line: &str) -> Result<Self> {
        let output = tempfile::tempdir()?;
        let file = |name| File::create(output.path().join(name));
        let mut command = std::process::Command::new(&world.program);
        command.args(words(line)).current_dir(world.path("work").join(&step.dir)).env_clear();
        command.stdin(if step.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(file("out")?).stderr(file("err")?);
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", world.path("home"))
            .env("TMPDIR", world.path("home"))
            .env("SSL_CERT_FILE", world.place.authority())
            .env("TF_CLI_CONFIG_FILE", world.cli_config())
            // A short life needs no collector; a tenth of the time.
            .env("GOGC", "off")
            .env("CHECKPOINT_DISABLE", "1");
        for (name, value) in &step.env {
            command.env(name, world.fill(value)?);
        }
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", world.program))?;
        let mut stdin = child.stdin.take();
        if let (Some(stdin), Some(text)) = (&mut stdin, &step.stdin) {
            stdin.write_all(world.fill(text)?.as_bytes())?;
        }
        let stdin = stdin.filter(|_| !step.stdin_ends);
        Ok(Self { child, stdin, output, deadline: Instant::now() + PATIENCE })
    }

    /// Does what is to be done meanwhile, and waits for the end.
    fn play(&mut self, world: &mut World, then: &[Meanwhile]) -> Result<()> {
        let mut seen = Vec::new();
        for happening in then {
            // Each is waited for behind the one before.
            seen.push(world.fill(&happening.after)?);
            while pattern::first_missing(&self.read("out")?, &seen).is_some() {
                ensure!(self.child.try_wait()?.is_none(), "it ended before it printed {:?}", happening.after);
                self.pause(&format!("print {:?}", happening.after))?;
            }
            world.printed += &self.read("out")?;
            self.happen(world, happening)?;
        }
        while self.child.try_wait()?.is_none() {
            self.pause("end")?;
        }
        Ok(())
    }

    fn happen(&mut self, world: &mut World, happening: &Meanwhile) -> Result<()> {
        if happening.interrupt {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a process id")?;
            kill_process(pid, Signal::INT)?;
        }
        if let Some(text) = &happening.types {
            let stdin = self.stdin.as_mut().context("a step without stdin has nobody who types")?;
            stdin.write_all(format!("{}\n", world.fill(text)?).as_bytes())?;
        }
        happening.ask.as_ref().map_or(Ok(()), |request| api::play(world, request))
    }

    fn pause(&self, what: &str) -> Result<()> {
        ensure!(Instant::now() < self.deadline, "it does not {what} within {PATIENCE:?}");
        std::thread::sleep(LOOK_AGAIN);
        Ok(())
    }

    fn read(&self, name: &str) -> Result<String> {
        let bytes = std::fs::read(self.output.path().join(name))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
