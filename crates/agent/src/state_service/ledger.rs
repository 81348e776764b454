//! The states of one run: the one it finds, and in an apply those it writes.
//!
//! A state counts when it is on disk, under the next number, file and folder synced; only then is the engine told.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
};

use axum::body::Body;
use http_body_util::BodyExt;
use md5::Md5;
use sha2::{Digest, Sha256};

use super::{
    files::{StateFiles, StateMeta},
    reserve::Reserve,
};
use crate::{
    engines::hex,
    job::write_durably,
    supervisor::spec::{BaseState, SPEC_VERSION},
};

/// The largest state, and the largest JSON form of one, bytes.
pub(super) const STATE_BYTES_MAX: u64 = 1 << 30;
/// States of one run.
const VERSIONS_MAX: usize = 100_000;
/// Kept back for a state on a full disk, besides twice the size of the one before.
const RESERVE_BYTES: u64 = 4 << 20;

/// Why a write is refused, in words for the engine's user.
pub(super) type Refusal = String;

/// A state as it is served.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) serial: i64,
    pub(super) lineage: String,
    pub(super) md5: String,
    /// Where its bytes are. `None` while they are still to come.
    pub(super) path: Option<camino::Utf8PathBuf>,
    /// The last part of its upload paths, which take no other authorization.
    pub(super) secret: String,
    sequence: Option<u64>,
    has_json: bool,
}

/// Everything about states.
#[derive(Debug)]
pub(super) struct Ledger {
    files: StateFiles,
    current: Option<String>,
    versions: HashMap<String, Version>,
    written: u64,
    reserve: Reserve,
    /// The first refusal that the run's user has to hear of.
    failure: Option<String>,
}

impl Ledger {
    pub(super) fn new(files: StateFiles, base: Option<&BaseState>, can_write: bool) -> Self {
        let size = |path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let reserve_bytes = if can_write { RESERVE_BYTES + 2 * size(files.base()) } else { 0 };
        let reserve = Reserve::take(files.reserve(), reserve_bytes);
        let mut ledger =
            Self { current: None, versions: HashMap::new(), written: 0, reserve, failure: None, files };
        if let Some(base) = base {
            let version = Version {
                id: base.id.clone(),
                serial: base.serial,
                lineage: base.lineage.clone(),
                md5: base.md5.clone(),
                path: Some(ledger.files.base()),
                secret: String::new(),
                sequence: Some(0),
                has_json: true,
            };
            ledger.current = Some(version.id.clone());
            ledger.versions.insert(version.id.clone(), version);
        }
        ledger
    }

    pub(super) fn current(&self) -> Option<&Version> {
        self.find(self.current.as_deref()?)
    }

    pub(super) fn find(&self, id: &str) -> Option<&Version> {
        self.versions.get(id)
    }

    /// One that takes its bytes by an upload path.
    pub(super) fn find_upload(&self, id: &str, secret: &str) -> Option<&Version> {
        // Equal digests say that the texts are equal, and their comparison says nothing about the text.
        let is_right = |version: &&Version| {
            Sha256::digest(&version.secret) == Sha256::digest(secret) && !secret.is_empty()
        };
        self.find(id).filter(is_right)
    }

    /// Why states could not be kept, if any could not.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.clone()
    }

    pub(super) fn failed(&mut self, reason: &str) {
        self.failure.get_or_insert_with(|| reason.to_owned());
    }

    /// Announces a state; its bytes follow.
    pub(super) fn announce(&mut self, serial: i64, lineage: &str, md5: &str) -> Result<Version, Refusal> {
        if let Some(current) = self.current() {
            let is_other = !current.lineage.is_empty() && !lineage.is_empty() && current.lineage != lineage;
            if is_other {
                return Err(format!("the state's lineage {lineage:?} is not the workspace's"));
            }
            let is_repeat = serial == current.serial && md5.eq_ignore_ascii_case(&current.md5);
            if serial <= current.serial && !is_repeat {
                return Err(format!(
                    "the state's serial {serial} is not above the current {}",
                    current.serial
                ));
            }
        }
        if self.versions.len() >= VERSIONS_MAX {
            return Err(format!("a run writes at most {VERSIONS_MAX} states"));
        }
        let random = || hex(&rand::random::<[u8; 16]>());
        let version = Version {
            id: format!("sv-{}", &random()[..16]),
            serial,
            lineage: lineage.to_owned(),
            md5: md5.to_ascii_lowercase(),
            path: None,
            secret: random(),
            sequence: None,
            has_json: false,
        };
        self.versions.insert(version.id.clone(), version.clone());
        Ok(version)
    }

    /// Makes what was received the current state.
    pub(super) fn take_state(&mut self, id: &str, received: &Received) -> Result<(), Refusal> {
        let version = self.versions.get(id).ok_or("there is no such state")?;
        if version.md5 != received.md5 {
            return Err("the state's bytes do not have the MD5 that was announced".to_owned());
        }
        if version.sequence.is_some() {
            return Ok(());
        }
        let (sequence, has_json) = (self.written + 1, version.has_json);
        let meta = StateMeta {
            version: SPEC_VERSION,
            serial: version.serial,
            lineage: version.lineage.clone(),
            md5: version.md5.clone(),
            sha256: received.sha256.clone(),
            size_bytes: received.size_bytes,
        };
        self.store(sequence, &received.path, &meta).map_err(|error| unkept(&error))?;
        self.written = sequence;
        self.current = Some(id.to_owned());
        let path = self.files.state(sequence);
        if let Some(version) = self.versions.get_mut(id) {
            version.sequence = Some(sequence);
            version.path = Some(path);
        }
        if has_json {
            let early = self.files.partial(&format!("{id}-json"));
            self.rename(&early, &self.files.json(sequence)).map_err(|error| unkept(&error))?;
        }
        Ok(())
    }

    /// Keeps the JSON form of a state, which may come before the state.
    pub(super) fn take_json(&mut self, id: &str, received: &Received) -> Result<(), Refusal> {
        let sequence = self.versions.get(id).ok_or("there is no such state")?.sequence;
        let place = match sequence {
            Some(sequence) => self.files.json(sequence),
            None => self.files.partial(&format!("{id}-json")),
        };
        self.rename(&received.path, &place).map_err(|error| unkept(&error))?;
        if let Some(version) = self.versions.get_mut(id) {
            version.has_json = true;
        }
        Ok(())
    }

    /// The state first: it counts once there is a meta file.
    fn store(&mut self, sequence: u64, received: &camino::Utf8Path, meta: &StateMeta) -> io::Result<()> {
        self.rename(received, &self.files.state(sequence))?;
        let text = serde_json::to_vec(meta)?;
        let path = self.files.meta(sequence);
        match write_durably(&path, &text) {
            Err(error) if self.reserve.is_freed_for(&error) => write_durably(&path, &text),
            written => written,
        }
    }

    fn rename(&self, from: &camino::Utf8Path, to: &camino::Utf8Path) -> io::Result<()> {
        fs::rename(from, to)?;
        File::open(self.files.root())?.sync_all()
    }

    fn is_freed_for(&mut self, error: &io::Error) -> bool {
        self.reserve.is_freed_for(error)
    }
}

pub(super) fn unkept(error: &io::Error) -> Refusal {
    format!("the state could not be kept: {error}")
}

/// Bytes on disk, synced.
#[derive(Debug)]
pub(super) struct Received {
    path: camino::Utf8PathBuf,
    md5: String,
    sha256: String,
    size_bytes: u64,
}

/// A file that is being received.
pub(super) struct Receiving {
    path: camino::Utf8PathBuf,
    file: File,
    md5: Md5,
    sha256: Sha256,
    size_bytes: u64,
}

impl Receiving {
    pub(super) fn begin(ledger: &Ledger, name: &str) -> io::Result<Self> {
        let path = ledger.files.partial(name);
        let file = File::create(&path)?;
        Ok(Self { path, file, md5: Md5::new(), sha256: Sha256::new(), size_bytes: 0 })
    }

    /// Adds a piece; `ledger` gives up its reserve when the disk is full.
    pub(super) fn add(&mut self, ledger: &mut Ledger, piece: &[u8]) -> Result<(), Refusal> {
        if self.size_bytes + piece.len() as u64 > STATE_BYTES_MAX {
            return Err(format!("a state has at most {STATE_BYTES_MAX} bytes"));
        }
        // At its place, so that a second try repeats what the first may have written in part.
        match self.file.write_all_at(piece, self.size_bytes) {
            Err(error) if ledger.is_freed_for(&error) => self.file.write_all_at(piece, self.size_bytes),
            written => written,
        }
        .map_err(|error| unkept(&error))?;
        self.md5.update(piece);
        self.sha256.update(piece);
        self.size_bytes += piece.len() as u64;
        Ok(())
    }

    pub(super) fn end(self, ledger: &mut Ledger) -> Result<Received, Refusal> {
        match self.file.sync_all() {
            Err(error) if ledger.is_freed_for(&error) => self.file.sync_all(),
            synced => synced,
        }
        .map_err(|error| unkept(&error))?;
        Ok(Received {
            path: self.path,
            md5: hex(&self.md5.finalize()),
            sha256: hex(&self.sha256.finalize()),
            size_bytes: self.size_bytes,
        })
    }
}

/// The next piece of an engine's upload; `None` at its end.
pub(super) async fn next_piece(body: &mut Body) -> Result<Option<bytes::Bytes>, Refusal> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the state did not arrive whole: {error}"))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
