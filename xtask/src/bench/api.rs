//! What the benchmarks ask of the API.

use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::{Http, Request};
use super::program::{Place, Server};

const LOG_WINDOW_BYTES: usize = 1_000_000;
const END_OF_LOG: u8 = 3;
/// Between two looks at a status: seldom enough to leave the processor to what is measured.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A client with a token and one connection.
pub(super) struct Api {
    http: Http,
    token: String,
}

/// A run, and when its request was sent and answered.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) plan: String,
    pub(super) asked_us: i64,
    pub(super) answered_us: i64,
}

/// Unix microseconds.
pub(super) fn now_us() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}

impl Api {
    /// Connects as a new site administrator with an organization.
    pub(super) fn open(place: &Place, server: &Server) -> Result<Self> {
        let mut api = Self { http: Http::connect(server.address)?, token: place.token()? };
        let attributes = json!({ "name": "bench", "email": "bench@terrane.example" });
        api.post("/api/v2/organizations", &document("organizations", &attributes))?;
        Ok(api)
    }

    /// With a new connection: the server closes one that has said nothing for half a minute.
    pub(super) fn reconnect(&mut self) -> Result<()> {
        self.http = self.http.again()?;
        Ok(())
    }

    /// Sends a request; its status and body. One that is refused is an error.
    pub(super) fn call(&mut self, method: &str, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let answer = self.http.send(&Request { method, path, token: &self.token, body })?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {path} answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok((answer.status, answer.body))
    }

    /// Reads what a redirect leads to.
    pub(super) fn follow(&mut self, path: &str) -> Result<Vec<u8>> {
        let answer = self.http.send(&Request { method: "GET", path, token: &self.token, body: b"" })?;
        let location = answer.location.with_context(|| format!("{path} answered {}", answer.status))?;
        Ok(self.call("GET", &path_of(&Value::from(location))?, b"")?.1)
    }

    fn get(&mut self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.call("GET", path, b"")?.1)?)
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(serde_json::from_slice(&self.call("POST", path, body.to_string().as_bytes())?.1)?)
    }

    /// A workspace with these attributes.
    pub(super) fn empty_workspace(&mut self, attributes: &Value) -> Result<String> {
        id(&self.post("/api/v2/organizations/bench/workspaces", &document("workspaces", attributes))?)
    }

    /// A workspace with an uploaded configuration; the ids of both.
    pub(super) fn workspace(&mut self, engine: &str, files: &[(&str, &[u8])]) -> Result<(String, String)> {
        self.workspace_named("bench", engine, files)
    }

    /// The same with a name of its own.
    pub(super) fn workspace_named(
        &mut self,
        name: &str,
        engine: &str,
        files: &[(&str, &[u8])],
    ) -> Result<(String, String)> {
        let workspace = self.empty_workspace(&json!({ "name": name, "engine": engine }))?;
        let path = format!("/api/v2/workspaces/{workspace}/configuration-versions");
        let attributes = json!({ "auto-queue-runs": false });
        let made = self.post(&path, &document("configuration-versions", &attributes))?;
        let url = path_of(&made["data"]["attributes"]["upload-url"])?;
        self.call("PUT", &url, &terrane_slug::pack_files(files))?;
        Ok((workspace, id(&made)?))
    }

    /// Starts a plan-only run.
    pub(super) fn run(&mut self, workspace: &str, configuration: &str) -> Result<Run> {
        self.run_with(workspace, configuration, &json!({ "plan-only": true }))
    }

    /// Starts a run.
    pub(super) fn run_with(&mut self, workspace: &str, configuration: &str, how: &Value) -> Result<Run> {
        let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
        let body = json!({ "data": { "type": "runs", "attributes": how, "relationships": {
            "workspace": related("workspaces", workspace),
            "configuration-version": related("configuration-versions", configuration) } } });
        let body = body.to_string();
        let asked_us = now_us();
        let (_, answer) = self.call("POST", "/api/v2/runs", body.as_bytes())?;
        let answered_us = now_us();
        let made: Value = serde_json::from_slice(&answer)?;
        let plan = made["data"]["relationships"]["plan"]["data"]["id"].as_str().context("no plan")?;
        Ok(Run { id: id(&made)?, plan: plan.to_owned(), asked_us, answered_us })
    }

    /// Who it is.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Does something to a run.
    pub(super) fn act(&mut self, run: &Run, action: &str) -> Result<()> {
        self.call("POST", &format!("/api/v2/runs/{}/actions/{action}", run.id), b"{}").map(drop)
    }

    /// Polls until the run has a status.
    pub(super) fn wait_for(&mut self, run: &Run, wanted: &str) -> Result<()> {
        loop {
            let read = self.get(&format!("/api/v2/runs/{}", run.id))?;
            let status = read["data"]["attributes"]["status"].as_str().unwrap_or_default();
            if status == wanted {
                return Ok(());
            }
            if ["errored", "canceled", "discarded", "applied", "planned_and_finished"].contains(&status) {
                bail!("{} is {status}, not {wanted}", run.id);
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// Polls until the run has an event.
    pub(super) fn wait_for_event(&mut self, run: &Run, wanted: &str) -> Result<()> {
        loop {
            let listed = self.get(&format!("/api/v2/runs/{}/run-events", run.id))?;
            let events = listed["data"].as_array().context("no list of events")?;
            if events.iter().any(|event| event["attributes"]["action"] == wanted) {
                return Ok(());
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// The log of the run's apply as it stands, within one window.
    pub(super) fn apply_log(&mut self, run: &Run) -> Result<String> {
        let read = self.get(&format!("/api/v2/runs/{}", run.id))?;
        let apply = read["data"]["relationships"]["apply"]["data"]["id"].as_str().context("no apply")?;
        let apply = self.get(&format!("/api/v2/applies/{apply}"))?;
        let url = path_of(&apply["data"]["attributes"]["log-read-url"])?;
        let (_, log) = self.call("GET", &format!("{url}?limit={LOG_WINDOW_BYTES}&offset=0"), b"")?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Polls the log to its last byte; the log, and when that byte was here.
    pub(super) fn log_to_its_end(&mut self, run: &Run) -> Result<(String, i64)> {
        self.log_of(&format!("/api/v2/plans/{}", run.plan))
    }

    /// The same for a plan by its path.
    pub(super) fn log_of(&mut self, plan: &str) -> Result<(String, i64)> {
        let plan = self.get(plan)?;
        let url = path_of(&plan["data"]["attributes"]["log-read-url"])?;
        let mut log = Vec::new();
        loop {
            let path = format!("{url}?limit={LOG_WINDOW_BYTES}&offset={}", log.len());
            let (_, bytes) = self.call("GET", &path, b"")?;
            let arrived_us = now_us();
            log.extend(bytes);
            if log.last() == Some(&END_OF_LOG) {
                return Ok((String::from_utf8_lossy(&log).into_owned(), arrived_us));
            }
        }
    }

    /// Fails unless the plan is finished and adds so many resources.
    pub(super) fn expect_finished(&mut self, run: &Run, additions: u64, log: &str) -> Result<()> {
        let plan = self.get(&format!("/api/v2/plans/{}", run.plan))?;
        let attributes = &plan["data"]["attributes"];
        if attributes["status"] != "finished" || attributes["resource-additions"] != additions {
            bail!("{}: not a finished plan with {additions} additions: {attributes}\n{log}", run.id);
        }
        Ok(())
    }
}

fn document(kind: &str, attributes: &Value) -> Value {
    json!({ "data": { "type": kind, "attributes": attributes } })
}

/// The id of a single resource.
pub(super) fn id(document: &Value) -> Result<String> {
    document["data"]["id"].as_str().map(str::to_owned).context("the answer has no id")
}

/// The path of an absolute URL of this server.
pub(super) fn path_of(url: &Value) -> Result<String> {
    let url = url.as_str().context("the answer lacks a URL")?;
    let (_, rest) = url.split_once("://").context("not an absolute URL")?;
    Ok(rest[rest.find('/').context("a URL without a path")?..].to_owned())
}
