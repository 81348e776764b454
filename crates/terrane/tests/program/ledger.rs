//! What a server has acknowledged, and whether it is still there.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use terrane_testkit::{Actor, Run};

/// After each restart the newest are looked at, and some of the older ones; at the end all.
const NEWEST: usize = 120;
const OLDER: usize = 40;

/// Something the server has said yes to.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A workspace and its name.
    Workspace { id: String, name: String },
    /// A variable, where it stands and its value.
    Variable { workspace: String, id: String, value: String },
    /// An uploaded archive.
    Configuration { id: String, sha256: [u8; 32] },
    /// A run.
    Run { run: Run, workspace: String },
    /// A plan that was seen to have ended, with its log.
    Ended { run: Run, status: Value, log: Vec<u8> },
}

/// Everything acknowledged so far. Cheap to clone: all writers share one.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<Entry>>>);

impl Ledger {
    /// Notes an acknowledged write at the moment its answer is there.
    pub fn note(&self, entry: Entry) {
        self.0.lock().unwrap().push(entry);
    }

    /// All of them.
    pub fn all(&self) -> Vec<Entry> {
        self.0.lock().unwrap().clone()
    }

    /// All runs.
    pub fn runs(&self) -> Vec<(Run, String)> {
        let run = |entry| match entry {
            Entry::Run { run, workspace } => Some((run, workspace)),
            _ => None,
        };
        self.all().into_iter().filter_map(run).collect()
    }

    /// The newest, and a few of the older ones.
    pub fn sample(&self, random: &mut StdRng) -> Vec<Entry> {
        let all = self.all();
        let (older, newest) = all.split_at(all.len().saturating_sub(NEWEST));
        older.sample(random, OLDER).chain(newest).cloned().collect()
    }
}

impl Entry {
    /// Fails the test unless it is there as it was acknowledged.
    pub async fn check(&self, actor: &Actor) {
        match self {
            Self::Workspace { id, name } => {
                let read = actor.get(&format!("/workspaces/{id}")).await.expect_status(200);
                assert_eq!(read.attribute("name"), **name);
            }
            Self::Variable { workspace, id, value } => {
                let read = actor.get(&format!("/workspaces/{workspace}/vars/{id}")).await.expect_status(200);
                assert_eq!(read.attribute("value"), **value);
            }
            Self::Configuration { id, sha256 } => check_configuration(actor, id, sha256).await,
            Self::Run { run, workspace } => {
                let read = actor.get(&format!("/runs/{}", run.id)).await.expect_status(200);
                assert_eq!(read.at("/data/relationships/workspace/data/id"), **workspace);
                actor.get(&format!("/plans/{}", run.plan)).await.expect_status(200);
            }
            Self::Ended { run, status, log } => {
                let read = actor.get(&format!("/plans/{}", run.plan)).await.expect_status(200);
                assert_eq!(read.attribute("status"), *status, "{}", run.plan);
                assert_eq!(actor.framed_log(run).await, *log, "{}", run.plan);
                if status == "finished" {
                    assert_eq!(actor.plan_json(run).await["format_version"], "1.2");
                }
            }
        }
    }
}

async fn check_configuration(actor: &Actor, id: &str, sha256: &[u8; 32]) {
    let read = actor.get(&format!("/configuration-versions/{id}")).await.expect_status(200);
    assert_eq!(read.attribute("status"), "uploaded", "{id}");
    let path = format!("/configuration-versions/{id}/download");
    let redirect = actor.get(&path).await.expect_status(302);
    let archive = actor.get(redirect.header("location")).await.expect_status(200).bytes;
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&archive)), *sha256, "{id}");
}
