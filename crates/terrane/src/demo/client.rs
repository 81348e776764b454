//! A small client of the public API, as a script of a user would be.

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// How often the plan's status is looked at once its log has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const WINDOW_BYTES: usize = 64 * 1024;

/// The API of one server with one token.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: SecretString,
}

/// A run and its plan.
pub struct Run {
    /// `run-…`.
    pub id: String,
    /// `plan-…`.
    pub plan_id: String,
}

/// What is shown of a finished plan.
pub struct Plan {
    /// `finished`, `errored`, ….
    pub status: String,
    /// Creates, updates, deletes.
    pub counts: [i64; 3],
    /// Where its log is.
    pub log_read_url: String,
}

impl Client {
    /// For a server's public URL.
    pub fn new(public_url: &str, token: SecretString) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { http, base: format!("{public_url}/api/v2"), token })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(self.token.expose_secret())
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        document(self.request(Method::GET, path).send().await?).await
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        document(self.request(Method::POST, path).json(body).send().await?).await
    }

    /// Makes an organization, or takes the one of an earlier demo in the same data directory.
    pub async fn organization(&self, name: &str) -> anyhow::Result<String> {
        if self.get(&format!("/organizations/{name}")).await.is_err() {
            let attributes = json!({ "name": name, "email": "demo@terrane.example" });
            self.post(
                "/organizations",
                &json!({ "data": { "type": "organizations", "attributes": attributes } }),
            )
            .await?;
        }
        Ok(name.to_owned())
    }

    /// Makes a workspace, or takes the one of an earlier demo; its id.
    pub async fn workspace(&self, organization: &str, name: &str) -> anyhow::Result<String> {
        let path = format!("/organizations/{organization}/workspaces");
        if let Ok(found) = self.get(&format!("{path}/{name}")).await {
            return id(&found);
        }
        let body = json!({ "data": { "type": "workspaces", "attributes": { "name": name } } });
        id(&self.post(&path, &body).await?)
    }

    /// Sets a variable that is never answered again.
    pub async fn sensitive_variable(&self, workspace: &str, key: &str, value: &str) -> anyhow::Result<()> {
        let path = format!("/workspaces/{workspace}/vars");
        let known = self.get(&path).await?;
        if known["data"].as_array().is_some_and(|list| list.iter().any(|one| one["attributes"]["key"] == key))
        {
            return Ok(());
        }
        let attributes = json!({ "key": key, "value": value, "category": "terraform", "sensitive": true });
        self.post(&path, &json!({ "data": { "type": "vars", "attributes": attributes } })).await.map(drop)
    }

    /// Uploads an archive; the configuration version's id.
    pub async fn configuration(&self, workspace: &str, archive: Vec<u8>) -> anyhow::Result<String> {
        let body = json!({ "data": { "type": "configuration-versions", "attributes": { "auto-queue-runs": false } } });
        let made = self.post(&format!("/workspaces/{workspace}/configuration-versions"), &body).await?;
        let url = made["data"]["attributes"]["upload-url"].as_str().context("no upload-url")?;
        let answer = self.http.put(url).body(archive).send().await?;
        if !answer.status().is_success() {
            bail!("the upload was refused: {}", answer.text().await?);
        }
        id(&made)
    }

    /// Starts a run.
    pub async fn run(&self, workspace: &str, configuration: &str) -> anyhow::Result<Run> {
        let related = |kind: &str, id: &str| json!({ "data": { "type": kind, "id": id } });
        let body = json!({ "data": { "type": "runs",
            "attributes": { "message": "Made by terrane demo", "plan-only": true },
            "relationships": {
                "workspace": related("workspaces", workspace),
                "configuration-version": related("configuration-versions", configuration) } } });
        let made = self.post("/runs", &body).await?;
        let plan =
            made["data"]["relationships"]["plan"]["data"]["id"].as_str().context("the run has no plan")?;
        Ok(Run { id: id(&made)?, plan_id: plan.to_owned() })
    }

    async fn plan(&self, run: &Run) -> anyhow::Result<Value> {
        Ok(self.get(&format!("/plans/{}", run.plan_id)).await?["data"]["attributes"].take())
    }

    /// Prints the log while it grows, up to its last byte.
    pub async fn stream_log(&self, run: &Run) -> anyhow::Result<()> {
        let plan = self.plan(run).await?;
        let url = plan["log-read-url"].as_str().context("the plan has no log-read-url")?;
        let mut offset = 0;
        loop {
            let answer = self.http.get(format!("{url}?limit={WINDOW_BYTES}&offset={offset}")).send().await?;
            let bytes = answer.error_for_status()?.bytes().await?;
            offset += bytes.len();
            let text: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, 0x02 | 0x03)).collect();
            std::io::stdout().write_all(&text)?;
            if bytes.last() == Some(&0x03) {
                return Ok(());
            }
        }
    }

    /// The plan once it has ended.
    pub async fn finished_plan(&self, run: &Run) -> anyhow::Result<Plan> {
        loop {
            let plan = self.plan(run).await?;
            let status = plan["status"].as_str().unwrap_or_default();
            if ["finished", "errored", "canceled", "unreachable"].contains(&status) {
                let count = |name: &str| plan[name].as_i64().unwrap_or(0);
                return Ok(Plan {
                    status: status.to_owned(),
                    counts: ["resource-additions", "resource-changes", "resource-destructions"].map(count),
                    log_read_url: plan["log-read-url"].as_str().unwrap_or_default().to_owned(),
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

fn id(document: &Value) -> anyhow::Result<String> {
    document["data"]["id"].as_str().map(str::to_owned).context("the answer has no id")
}

async fn document(answer: Response) -> anyhow::Result<Value> {
    let (status, url) = (answer.status(), answer.url().path().to_owned());
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("{url} answered {status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}
