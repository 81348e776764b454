//! The steps of a behaviour.

use std::{
    env, fs, io,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::process::{Signal, getpid, kill_process};
use serde_json::Value;

use crate::{interrupt, state_api::StateApi};

/// What steps leave for the end of the command.
pub(crate) struct Steps {
    pub(crate) plan: Option<Value>,
    pub(crate) has_no_plan_file: bool,
    started: SystemTime,
}

impl Steps {
    /// For a command that began at this time.
    pub(crate) fn new(started: SystemTime) -> Self {
        Self { plan: None, has_no_plan_file: false, started }
    }

    /// Runs steps until one exits, and answers the exit code.
    pub(crate) fn run(&mut self, steps: &[Value]) -> io::Result<u8> {
        for step in steps {
            let (name, argument) = step
                .as_object()
                .and_then(|step| step.iter().next())
                .ok_or_else(|| io::Error::other(format!("{step} is no step")))?;
            if let Some(code) = self.step(name, argument)? {
                return Ok(code);
            }
        }
        Ok(0)
    }

    fn step(&mut self, name: &str, argument: &Value) -> io::Result<Option<u8>> {
        let text = argument.as_str().unwrap_or_default();
        let number = argument.as_u64().unwrap_or_default();
        match name {
            "print" => print(text.as_bytes())?,
            "print_error" => io::stderr().write_all(text.as_bytes())?,
            "print_bytes_hex" => print(&bytes_of(text)?)?,
            "repeat_mb" => repeat(number)?,
            "sleep_ms" => thread::sleep(Duration::from_millis(number)),
            "wait_for_file" => {
                while !Path::new(text).exists() {
                    thread::sleep(Duration::from_millis(2));
                }
            }
            "write_file" => write_file(string(argument, 0), string(argument, 1))?,
            "write_time" => {
                let since_epoch = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
                fs::write(text, since_epoch.as_micros().to_string())?;
            }
            "symlink" => symlink(string(argument, 0), string(argument, 1))?,
            "exit" => return Ok(Some(u8::try_from(number).unwrap_or(u8::MAX))),
            "signal" => send_signal(number)?,
            "hang" => loop {
                thread::sleep(Duration::from_secs(3600));
            },
            "ignore_sigint" => interrupt::ignore(),
            "note_interrupt" => interrupt::note(),
            "spawn" => spawn(argument)?,
            "spawn_many" => {
                for _ in 0..number {
                    Command::new("sleep").arg("3600").stdin(Stdio::null()).spawn()?;
                }
            }
            "allocate_mb" => {
                let filled: Vec<Vec<u8>> = (0..number).map(|_| vec![1; 1 << 20]).collect();
                print(format!("{} MiB\n", filled.len()).as_bytes())?;
            }
            "plan" => self.plan = Some(argument.clone()),
            "no_plan_file" => self.has_no_plan_file = true,
            "read_files" => {
                for path in argument.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    print(read_file(path).as_bytes())?;
                }
            }
            "env" => {
                for (name, value) in env::vars_os() {
                    print(format!("{}={}\n", name.display(), value.display()).as_bytes())?;
                }
            }
            "var_files" => {
                for path in
                    env::args().filter_map(|argument| argument.strip_prefix("-var-file=").map(str::to_owned))
                {
                    print(&fs::read(path)?)?;
                    print(b"\n")?;
                }
            }
            other => return self.apply_step(other, argument),
        }
        Ok(None)
    }

    /// What an apply does.
    fn apply_step(&mut self, name: &str, argument: &Value) -> io::Result<Option<u8>> {
        let text = argument.as_str().unwrap_or_default();
        match name {
            "arguments" => print(format!("{:?}\n", env::args().skip(1).collect::<Vec<_>>()).as_bytes())?,
            "lock" => StateApi::find()?.lock()?,
            "unlock" => StateApi::find()?.unlock()?,
            "print_state" => {
                let state = StateApi::find()?.current()?;
                let state = state.map_or("no state".to_owned(), |state| state.to_string());
                print(format!("{state}\n").as_bytes())?;
            }
            "write_state" => {
                if let Err(refusal) = StateApi::find()?.write(argument) {
                    print(format!("Error: {refusal}\n").as_bytes())?;
                    return Ok((argument["may_fail"] != Value::Bool(true)).then_some(1));
                }
            }
            "created" => {
                for number in 0..argument.as_u64().unwrap_or_default() {
                    let line =
                        format!("terraform_data.a[{number}]: Creation complete after 0s [id={number}]\n");
                    print(line.as_bytes())?;
                }
            }
            "fill_disk" => fill_disk(text)?,
            "tell" => tell(string(argument, 0), string(argument, 1))?,
            "count_start" => {
                let mut file = fs::OpenOptions::new().create(true).append(true).open(text)?;
                file.write_all(b"start\n")?;
                let count = fs::read_to_string(text)?.lines().count();
                print(format!("start {count}\n").as_bytes())?;
            }
            other => return Err(io::Error::other(format!("there is no step {other:?}"))),
        }
        Ok(None)
    }
}

/// Prints at once.
pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

fn string(list: &Value, at: usize) -> &str {
    list[at].as_str().unwrap_or_default()
}

fn repeat(megabytes: u64) -> io::Result<()> {
    let line = format!("{}\n", "0123456789".repeat(10).split_at(99).0);
    let block = line.repeat(10_000);
    for _ in 0..megabytes {
        print(block.as_bytes())?;
    }
    Ok(())
}

fn fill_disk(path: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    // The last piece by bytes, so that nothing is left.
    for size in [1 << 20, 4096, 1] {
        let piece = vec![1; size];
        while file.write_all(&piece).is_ok() {}
    }
    Ok(())
}

/// Says a line to whoever listens there, and goes on when it is answered.
fn tell(address: &str, line: &str) -> io::Result<()> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(format!("{line}\n").as_bytes())?;
    match socket.read(&mut [0])? {
        0 => Err(io::Error::other(format!("nobody answered to {line:?}"))),
        _ => Ok(()),
    }
}

fn write_file(path: &str, text: &str) -> io::Result<()> {
    if let Some(folder) = Path::new(path).parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn read_file(path: &str) -> String {
    let read = if Path::new(path).is_dir() {
        fs::read_dir(path).map(|entries| format!("{} entries", entries.count()))
    } else {
        fs::read(path).map(|content| String::from_utf8_lossy(&content).into_owned())
    };
    match read {
        Ok(content) => format!("readable {path}: {content}\n"),
        Err(error) => format!("denied {path}: {error}\n"),
    }
}

fn spawn(argument: &Value) -> io::Result<()> {
    let words: Vec<&str> = argument.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (program, arguments) = words.split_first().ok_or_else(|| io::Error::other("no program to spawn"))?;
    Command::new(program).args(arguments).stdin(Stdio::null()).spawn().map(drop)
}

fn send_signal(number: u64) -> io::Result<()> {
    let signal = i32::try_from(number).ok().and_then(Signal::from_named_raw);
    let signal = signal.ok_or_else(|| io::Error::other(format!("there is no signal {number}")))?;
    kill_process(getpid(), signal)?;
    // Where the signal is one that ends a process, this is not reached.
    thread::sleep(Duration::from_millis(50));
    Ok(())
}

fn bytes_of(hex: &str) -> io::Result<Vec<u8>> {
    let digits: Vec<char> = hex.chars().collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs.map(|pair| u8::from_str_radix(&pair, 16).map_err(io::Error::other)).collect()
}
