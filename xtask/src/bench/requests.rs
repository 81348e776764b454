//! Every request that a `plan` makes, one by one (cli-protocol 3.2).

use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::api::{Api, id, path_of};
use super::series::{Series, Unit};
use super::wrap_up::Engine;

/// 18 of them one after the other must not be noticed.
const TARGET_MS: f64 = 5.0;

/// The times of one plan's requests, in their order.
struct Times<'a> {
    api: &'a mut Api,
    taken: Vec<(&'static str, f64)>,
}

impl Times<'_> {
    fn ask(&mut self, name: &'static str, method: &str, path: &str, body: &[u8]) -> Result<Value> {
        let started = Instant::now();
        let (_, answer) = self.api.call(method, path, body)?;
        self.taken.push((name, started.elapsed().as_secs_f64() * 1e3));
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }
}

/// Asks what a `cloud` block's client asks, at its own pace.
pub(super) fn measure(api: &mut Api, engine: &Engine<'_>, samples: usize) -> Result<Vec<Series>> {
    api.reconnect()?;
    let wish = json!({ "name": "requests", "engine": engine.kind });
    let workspace = api.empty_workspace(&wish)?;
    let mut all: Vec<Series> = Vec::new();
    for _ in 0..samples {
        for (at, (name, ms)) in one_plan(api, &workspace)?.into_iter().enumerate() {
            if all.len() == at {
                let name = format!("request: {name} ({})", engine.name);
                all.push(Series::new(name, Unit::Milliseconds).target(TARGET_MS));
            }
            all[at].samples.push(ms);
        }
    }
    Ok(all)
}

fn one_plan(api: &mut Api, workspace: &str) -> Result<Vec<(&'static str, f64)>> {
    let mut times = Times { api, taken: Vec::new() };
    times.ask("discovery", "GET", "/.well-known/terraform.json", b"")?;
    times.ask("ping", "GET", "/api/v2/ping", b"")?;
    times.ask("entitlements", "GET", "/api/v2/organizations/bench/entitlement-set", b"")?;
    times.ask("workspace", "GET", "/api/v2/organizations/bench/workspaces/requests", b"")?;
    let attributes = json!({ "auto-queue-runs": false, "speculative": true });
    let body = json!({ "data": { "type": "configuration-versions", "attributes": attributes } });
    let path = format!("/api/v2/workspaces/{workspace}/configuration-versions");
    let made = times.ask("POST configuration version", "POST", &path, body.to_string().as_bytes())?;
    let (version, url) = (id(&made)?, path_of(&made["data"]["attributes"]["upload-url"])?);
    let archive = terrane_slug::pack_files(&[("main.tf", b"resource \"terraform_data\" \"one\" {}\n")]);
    times.ask("PUT archive", "PUT", &url, &archive)?;
    times.ask("configuration version", "GET", &format!("/api/v2/configuration-versions/{version}"), b"")?;
    let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
    let relations = json!({ "workspace": related("workspaces", workspace),
        "configuration-version": related("configuration-versions", &version) });
    let body = json!({ "data": { "type": "runs", "attributes": {}, "relationships": relations } });
    let made = times.ask("POST run", "POST", "/api/v2/runs", body.to_string().as_bytes())?;
    let run = format!("/api/v2/runs/{}", id(&made)?);
    let plan = made["data"]["relationships"]["plan"]["data"]["id"].as_str().context("no plan")?;
    let plan = format!("/api/v2/plans/{plan}");
    times.ask("run events", "GET", &format!("{run}/run-events"), b"")?;
    times.ask("run with task stages", "GET", &format!("{run}?include=task_stages"), b"")?;
    times.ask("run", "GET", &run, b"")?;
    let shown = times.ask("plan", "GET", &plan, b"")?;
    let log = path_of(&shown["data"]["attributes"]["log-read-url"])?;
    times.api.log_of(&plan)?;
    times.ask("log", "GET", &format!("{log}?limit=65536&offset=0"), b"")?;
    times.ask("run with plan and workspace", "GET", &format!("{run}?include=workspace,plan"), b"")?;
    times.ask_redirected("redacted plan", &format!("{plan}/json-output-redacted"))?;
    Ok(times.taken)
}

impl Times<'_> {
    /// The answer and what it leads to.
    fn ask_redirected(&mut self, name: &'static str, path: &str) -> Result<()> {
        let started = Instant::now();
        self.api.follow(path)?;
        self.taken.push((name, started.elapsed().as_secs_f64() * 1e3));
        Ok(())
    }
}
