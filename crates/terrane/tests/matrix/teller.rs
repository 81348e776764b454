//! Whom the engine tells what it does: it waits for the answer, so what the file says has happened, and where a gate is
//! closed it goes no further. The engine's sandbox cannot write this file, and nothing that is killed holds it.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    closed: HashSet<String>,
}

/// Listens until the end of the process.
#[derive(Clone)]
pub struct Teller {
    told: Arc<(Mutex<Told>, Condvar)>,
    address: SocketAddr,
    path: Utf8PathBuf,
}

impl Teller {
    /// Begins to listen; each line is appended to a file.
    pub fn start(path: &Utf8Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let file =
            File::options().create(true).append(true).open(path).expect("the test's folder is writable");
        let this = Self {
            told: Arc::default(),
            address: listener.local_addr().expect("an address"),
            path: path.to_owned(),
        };
        let file = Arc::new(Mutex::new(file));
        let hearing = this.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (hearing, file) = (hearing.clone(), file.clone());
                std::thread::spawn(move || hearing.hear(&socket, &file));
            }
        });
        this
    }

    fn hear(&self, mut socket: &TcpStream, file: &Mutex<File>) {
        let mut line = String::new();
        if BufReader::new(socket).read_line(&mut line).is_err() || !line.ends_with('\n') {
            return;
        }
        let mut file = file.lock().unwrap();
        file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).expect("the file takes a line");
        drop(file);
        let line = line.trim_end().to_owned();
        let (told, changed) = &*self.told;
        let mut told = told.lock().unwrap();
        told.lines.push(line.clone());
        changed.notify_all();
        while told.closed.contains(&line) {
            told = changed.wait(told).unwrap();
        }
        drop(told);
        // Whoever asked may be dead by now.
        let _ = socket.write_all(b"k\n");
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Holds whoever says this line.
    pub fn close(&self, line: &str) {
        self.told.0.lock().unwrap().closed.insert(line.to_owned());
    }

    /// Lets everybody go on, for ever.
    pub fn open_all(&self) {
        self.told.0.lock().unwrap().closed.clear();
        self.told.1.notify_all();
    }

    /// Waits until a line is told.
    #[track_caller]
    pub fn wait_for(&self, line: &str) {
        assert!(self.is_told_within(line, PATIENCE), "{line:?} is not told: {:?}", self.lines());
    }

    /// Waits for a line, not for ever.
    pub fn is_told_within(&self, line: &str, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let (told, changed) = &*self.told;
        let mut told = told.lock().unwrap();
        while !told.lines.iter().any(|known| known == line) {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            told = changed.wait_timeout(told, left).unwrap().0;
        }
        true
    }

    /// All that was told, as the file has it.
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.path).expect("the file can be read");
        text.lines().map(str::to_owned).collect()
    }
}
