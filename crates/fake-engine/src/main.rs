//! Behaves as an engine for tests: says and does what `fake-engine.json` in the current directory tells it.
//!
//! `version -json` answers as Terraform when the program's file name starts with `terraform`, else as OpenTofu;
//! the version is 1.99.0, or the text of a file named `<program>.version` beside it.
//! `init`, `plan -out=FILE`, `show -json FILE`, `providers schema -json` and `apply FILE` each run a list of steps and then exit with 0:
//!
//! ```json
//! {
//!   "starts_file": "starts",
//!   "init": [{"exit": 0}],
//!   "plan": [{"print": "hello\n"}, {"plan": {"additions": 2}}],
//!   "show": []
//! }
//! ```
//!
//! Every part may be missing. `starts_file` gets one line for each command that was started. A plan without a
//! `plan` step is one without changes. `plan` writes its plan file at the end, if it exits with 0 or the plan
//! is `errored`; `show` prints it after its steps, and `providers` the schema of `terraform_data`.
//!
//! | step | does |
//! |---|---|
//! | `{"print": "text"}`, `{"print_error": "text"}` | prints to standard output, standard error |
//! | `{"print_bytes_hex": "fffe"}` | prints these bytes |
//! | `{"repeat_mb": 200}` | prints that many million bytes in lines of 100 |
//! | `{"sleep_ms": 10}` | waits |
//! | `{"wait_for_file": "path"}` | waits until the file exists |
//! | `{"write_file": ["path", "text"]}` | writes a file, with the folders above it |
//! | `{"write_time": "path"}` | writes when this command began, Unix microseconds, to a file |
//! | `{"symlink": ["target", "path"]}` | makes a link |
//! | `{"exit": 3}` | exits with this code |
//! | `{"signal": 9}` | sends itself this signal |
//! | `{"hang": true}` | never ends by itself |
//! | `{"ignore_sigint": true}` | counts interrupts instead of ending; each prints `interrupt N` |
//! | `{"note_interrupt": true}` | prints when an interrupt came, `interrupted at N`, Unix microseconds |
//! | `{"spawn": ["program", "argument"]}` | starts a program and does not wait for it |
//! | `{"spawn_many": 1000}` | starts that many processes that wait |
//! | `{"allocate_mb": 100}` | fills that much memory |
//! | `{"plan": {…}}` | the plan: `additions`, `changes`, `destructions`, `imports`, `outputs_only`, `errored`; or `document`, the whole of it |
//! | `{"no_plan_file": true}` | writes none |
//! | `{"read_files": ["path"]}` | prints `readable PATH: …` or `denied PATH: …` for each |
//! | `{"env": true}` | prints the environment |
//! | `{"var_files": true}` | prints the variable files it was given |
//! | `{"arguments": true}` | prints the command line |
//! | `{"lock": true}`, `{"unlock": true}` | locks, unlocks the workspace by the state API |
//! | `{"print_state": true}` | prints the workspace's state as the API gives it, or `no state` |
//! | `{"write_state": {…}}` | writes the next state by the API: `serial` and `lineage` instead of the right ones, `json_first`, `no_json`, `inline` (in the announcement, as old engines do it), `wrong_md5`, `bytes`, `holds` (so many objects `terraform_data.a[…]`), `outputs`; a refusal is printed, and ends the command with 1 unless `may_fail` |
//! | `{"created": 3}` | prints so many lines `…: Creation complete after 0s` |
//! | `{"fill_disk": "path"}` | writes to a file until the disk is full |
//! | `{"tell": ["127.0.0.1:1", "line"]}` | says a line to whoever listens there, and waits for an answer |
//! | `{"count_start": "path"}` | adds a line to a file and prints `start N` |
//!
//! On SIGINT it prints `Interrupt received.` and exits with 1, as engines do.

mod interrupt;
mod plan;
mod state_api;
mod steps;

use std::{env, fs, io, io::Write, path::Path, process::ExitCode, time::SystemTime};

use serde_json::{Value, json};

fn main() -> ExitCode {
    let started = SystemTime::now();
    match run(started) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(io::stderr(), "fake-engine: {error}");
            ExitCode::from(70)
        }
    }
}

fn run(started: SystemTime) -> io::Result<u8> {
    let arguments: Vec<String> = env::args().collect();
    let program = arguments.first().map(String::as_str).unwrap_or_default();
    let command = arguments.get(1).map(String::as_str).unwrap_or_default();
    if command == "version" {
        return version(program);
    }
    interrupt::listen()?;
    let behaviour = behaviour()?;
    if let Some(path) = behaviour["starts_file"].as_str() {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{command}")?;
    }
    let mut steps = steps::Steps::new(started);
    let end = steps.run(behaviour[command].as_array().map(Vec::as_slice).unwrap_or_default())?;
    match command {
        "init" => {
            if behaviour[command].is_null() {
                steps::print(b"Initialized.\n")?;
            }
        }
        "plan" => {
            let plan = steps.plan.unwrap_or_else(|| json!({}));
            let is_written = end == 0 || plan["errored"] == json!(true);
            let out = arguments.iter().find_map(|argument| argument.strip_prefix("-out="));
            if let (true, false, Some(out)) = (is_written, steps.has_no_plan_file, out) {
                fs::write(out, plan::document(&plan, version_of(program).trim()).to_string())?;
            }
            if behaviour[command].is_null() {
                steps::print(plan::summary_line(&plan).as_bytes())?;
            }
        }
        "show" if end == 0 => {
            let path = arguments.last().map(String::as_str).unwrap_or_default();
            steps::print(&fs::read(path)?)?;
        }
        "providers" if end == 0 => {
            let version = json!({"format_version": "1.0", "provider_schemas": plan::schemas()});
            steps::print(version.to_string().as_bytes())?;
        }
        "show" | "providers" | "apply" => {}
        other => {
            return Err(io::Error::other(format!("there is no command {other:?}")));
        }
    }
    Ok(end)
}

fn behaviour() -> io::Result<Value> {
    match fs::read("fake-engine.json") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Value::Null),
        text => Ok(serde_json::from_slice(&text?)?),
    }
}

fn version(program: &str) -> io::Result<u8> {
    let mut answer = json!({
        "terraform_version": version_of(program).trim(),
        "platform": "linux_amd64",
        "provider_selections": {},
    });
    let is_terraform = Path::new(program)
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with("terraform"));
    if is_terraform {
        answer["terraform_outdated"] = json!(false);
    }
    steps::print(format!("{answer:#}\n").as_bytes())?;
    Ok(0)
}

fn version_of(program: &str) -> String {
    fs::read_to_string(format!("{program}.version")).unwrap_or_else(|_| "1.99.0".to_owned())
}
