//! An agent that a test plays itself, call by call.

use crate::support::sha256;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use terrane_testkit::{Actor, Answer, Engines, Setup, TestServer};

/// A server without an agent of its own.
pub const NO_AGENT: Setup = Setup { engines: Engines::Fake, configure: |config| config.agent_slots = 0 };

/// What a played plan leaves.
const PLAN_FILE: &str = "a plan file";
const PLAN_JSON: &str = "{\"format_version\":\"1.2\"}";
/// The engine's program, as it were.
const ENGINE: &str = "e1e1";

static NAMES: AtomicUsize = AtomicUsize::new(0);

/// An agent process.
#[derive(Debug, Clone)]
pub struct Played {
    actor: Actor,
    /// `agent-…`.
    pub id: String,
    instance: String,
}

impl Played {
    /// A new agent that has said hello.
    pub async fn new(server: &TestServer) -> Self {
        let app = server.app();
        let name = format!("played {}", NAMES.fetch_add(1, Ordering::Relaxed));
        let token =
            terrane_server::tokens::embedded_agent_token(&app.db, &name, app.clock.now()).await.unwrap();
        Self::with(server.owner.with_token(secrecy::ExposeSecret::expose_secret(&token))).await
    }

    /// A new agent of a pool.
    pub async fn of_pool(server: &TestServer, pool: &str) -> Self {
        let app = server.app();
        let token = terrane_server::tokens::pool_token(&app.db, pool, app.clock.now()).await.unwrap();
        Self::with(server.owner.with_token(secrecy::ExposeSecret::expose_secret(&token))).await
    }

    async fn with(actor: Actor) -> Self {
        let mut this = Self { actor, id: String::new(), instance: "1".to_owned() };
        this.hello(json!(null), &[]).await;
        this
    }

    /// Says hello again as a new process that still has these jobs; which of them are lost.
    pub async fn restart(&mut self, holding: &[&Value]) -> Vec<String> {
        self.instance.push('1');
        self.hello(json!(self.id), holding).await
    }

    async fn hello(&mut self, id: Value, holding: &[&Value]) -> Vec<String> {
        let welcome = self.say_hello(&id, &self.instance, holding).await.expect_status(200).json();
        self.id = welcome["agent_id"].as_str().unwrap().to_owned();
        welcome["lost"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// The call itself, of a process of any name.
    pub async fn say_hello(&self, id: &Value, instance: &str, holding: &[&Value]) -> Answer {
        let held = |job: &&Value| json!({ "job_id": job["id"], "lease_epoch": job["lease_epoch"] });
        let hello = json!({ "version": terrane_wire::VERSION, "agent_id": id, "agent_name": "played",
            "agent_instance": instance, "holding": holding.iter().map(held).collect::<Vec<_>>() });
        self.actor.post("//agent/v1/hello", &hello).await
    }

    /// Says hello as the process of this number.
    pub async fn restart_as(&mut self, number: u64) {
        self.instance = terrane_wire::instance_of(number, "a");
        self.hello(json!(self.id), &[]).await;
    }

    /// Asks for a job once.
    pub async fn try_claim(&self) -> Answer {
        let claim = json!({ "version": terrane_wire::VERSION, "agent_id": self.id, "agent_instance": self.instance,
            "wait_ms": 0, "engines": [{ "kind": "tofu", "version": "1.99.0" }] });
        self.actor.post("//agent/v1/claim", &claim).await
    }

    /// The job that waits.
    pub async fn claim(&self) -> Value {
        self.try_claim().await.expect_status(200).json()
    }

    /// A call about a job.
    pub async fn post(&self, job: &Value, call: &str, body: &Value) -> Answer {
        self.actor.post(&format!("//agent/v1/jobs/{}/{call}", job["id"].as_str().unwrap()), body).await
    }

    /// Sends bytes about a job.
    pub async fn put(&self, job: &Value, place: &str, bytes: impl Into<reqwest::Body>) -> Answer {
        self.actor.put(&format!("//agent/v1/jobs/{}/{place}", job["id"].as_str().unwrap()), bytes).await
    }

    /// Uploads to a signed path of a job.
    pub async fn upload(&self, path: &Value, bytes: &'static str) -> Value {
        let stored =
            self.actor.put(&format!("/{}", path.as_str().unwrap()), bytes).await.expect_status(200).json();
        json!({ "sha256": stored["sha256"], "size_bytes": stored["size_bytes"] })
    }

    /// A heartbeat that does not wait.
    pub async fn beat(&self, job: &Value) -> Answer {
        let beat = json!({ "lease_epoch": job["lease_epoch"], "heard": null, "wait_ms": 0 });
        self.post(job, "heartbeat", &beat).await
    }

    /// Appends to the log.
    pub async fn log(&self, job: &Value, offset: usize, text: &'static str) -> Answer {
        self.put(job, &format!("log?epoch={}&offset={offset}", job["lease_epoch"]), text).await
    }

    /// Claims a plan and finishes it with some creates.
    pub async fn plan(&self, additions: u64) {
        let job = self.claim().await;
        assert_eq!(job["task"]["phase"], "plan");
        let uploads = &job["task"]["uploads"];
        let mut report = report(&job, &json!({ "how": "finished" }));
        report["plan_file"] = self.upload(&uploads["plan_file"], PLAN_FILE).await;
        report["plan_json"] = self.upload(&uploads["plan_json"], PLAN_JSON).await;
        report["engine_sha256"] = json!(ENGINE);
        report["lock_file"] = json!("# locked\n");
        report["counts"] = json!({ "additions": additions, "changes": 0, "destructions": 0, "imports": 0,
            "has_changes": additions > 0, "generated_configuration": false });
        self.post(&job, "report", &report).await.expect_status(204);
    }

    /// Asks to start an apply with what the job says.
    pub async fn start(&self, job: &Value, nonce: &str) -> Answer {
        self.post(job, "start", &start(job, nonce)).await
    }

    /// Writes a state.
    pub async fn state(&self, job: &Value, sequence: i64, state: &Value) -> Answer {
        let text = state.to_string();
        let md5 = crate::support::md5(text.as_bytes());
        let place = format!(
            "states/{sequence}?epoch={}&serial={}&lineage={}&md5={md5}",
            job["lease_epoch"],
            state["serial"],
            state["lineage"].as_str().unwrap()
        );
        self.put(job, &place, text).await
    }

    /// Ends a job.
    pub async fn report(&self, job: &Value, outcome: &Value, is_state_uncertain: bool) -> Answer {
        let mut report = report(job, outcome);
        report["is_state_uncertain"] = json!(is_state_uncertain);
        self.post(job, "report", &report).await
    }
}

/// What an agent says that has just what the job names.
pub fn start(job: &Value, nonce: &str) -> Value {
    let lock_file = job["task"]["lock_file"].as_str().map(|text| sha256(text.as_bytes()));
    let state = if job["state"].is_null() {
        Value::Null
    } else {
        json!({ "id": job["state"]["id"], "sha256": job["state"]["file"]["sha256"] })
    };
    json!({ "lease_epoch": job["lease_epoch"], "nonce": nonce,
        "plan_file_sha256": job["task"]["plan_file"]["sha256"],
        "configuration_sha256": job["configuration"]["archive"]["sha256"],
        "lock_file_sha256": lock_file, "engine_sha256": ENGINE, "state": state })
}

/// A report of nothing but an outcome.
pub fn report(job: &Value, outcome: &Value) -> Value {
    json!({ "lease_epoch": job["lease_epoch"], "outcome": outcome, "log_size_bytes": 0, "counts": null,
        "plan_file": null, "plan_json": null, "lock_file": null, "engine_sha256": null, "states_written": 0,
        "is_state_uncertain": false, "errored_state": null })
}

/// A state file with these objects, which are named `terraform_data.NAME`.
pub fn state(serial: i64, names: &[&str]) -> Value {
    let resources: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({ "mode": "managed", "type": "terraform_data",
        "name": name, "provider": "provider[\"terraform.io/builtin/terraform\"]",
        "instances": [{ "schema_version": 0, "attributes": { "id": name } }] })
        })
        .collect();
    json!({ "version": 4, "terraform_version": "1.99.0", "serial": serial, "lineage": "one", "outputs": {},
        "resources": resources, "check_results": null })
}
