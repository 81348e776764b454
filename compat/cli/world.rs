//! The folder, the names and the placeholders of one test.

use crate::place::{Place, provider_config};
use crate::process::utf8;
use crate::variant::{Backend, Engine, Form, Variant};
use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tempfile::TempDir;
use terrane_testkit::{Actor, body, real};
use tokio::runtime::Runtime;

/// The name of the workspace.
const WORKSPACE: &str = "main";
/// So much of a scenario's name is in its organization's, which has 40 characters at most.
const NAME_CHARS_MAX: usize = 31;

/// Everything of one test.
pub struct World<'a> {
    pub place: &'a Place,
    pub variant: Variant,
    pub actor: Actor,
    runtime: Runtime,
    folder: TempDir,
    organization: String,
    /// The engine's program.
    pub program: Utf8PathBuf,
    saved: HashMap<String, String>,
    /// What has been run and asked, with the answers, for the report of a failure.
    pub told: String,
    /// All that commands have printed, one that still runs included.
    pub printed: String,
}

impl<'a> World<'a> {
    /// An empty folder and an empty organization.
    pub fn new(place: &'a Place, name: &str, variant: Variant) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let actor = place.actor();
        let engine = variant.engine.program();
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        let organization = format!("{name}-{:08x}", rand::random::<u32>());
        runtime.block_on(actor.organization(&organization));
        let folder = tempfile::Builder::new().prefix("terrane-cli-").tempdir()?;
        let program = match variant.engine {
            Engine::Tofu => real(engine, "TERRANE_TEST_TOFU"),
            Engine::Terraform => real(engine, "TERRANE_TEST_TERRAFORM"),
        };
        let world = Self {
            place,
            variant,
            actor,
            runtime,
            folder,
            organization,
            program,
            saved: HashMap::new(),
            told: String::new(),
            printed: String::new(),
        };
        for folder in ["home/.terraform.d", "work"] {
            std::fs::create_dir_all(world.path(folder))?;
        }
        std::fs::write(world.cli_config(), world.settings()?)?;
        Ok(world)
    }

    /// Makes the workspace.
    pub fn make_workspace(&self, attributes: &Map<String, Value>) -> Result<()> {
        let mut all = json!({
            "name": WORKSPACE,
            "engine": self.variant.engine.program(),
            // On in every new workspace; the remote backend gets text all the same.
            "structured-run-output-enabled":
                self.variant.form == Form::Structured || self.variant.backend == Backend::Remote,
        });
        for (key, value) in attributes {
            all[key] = self.fill_value(value)?;
        }
        let path = format!("/organizations/{}/workspaces", self.organization);
        self.wait(self.actor.post(&path, &body("workspaces", &all))).expect_status(201);
        Ok(())
    }

    /// A file or folder of the test.
    pub fn path(&self, name: &str) -> Utf8PathBuf {
        utf8(self.folder.path()).join(name)
    }

    /// The engine's own settings.
    pub fn cli_config(&self) -> Utf8PathBuf {
        self.path("home/cli.tfrc")
    }

    fn settings(&self) -> Result<String> {
        let mirror = std::fs::read_to_string(provider_config())?;
        let (host, token) = (&self.place.host, &self.place.token);
        Ok(format!("{mirror}\ncredentials \"{host}\" {{\n  token = \"{token}\"\n}}\n"))
    }

    /// Waits for an answer of the server.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Keeps a value for `{{name}}`.
    pub fn save(&mut self, name: &str, value: &Value) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.saved.insert(name.to_owned(), text);
    }

    /// Fills the placeholders of a text.
    pub fn fill(&self, text: &str) -> Result<String> {
        let Some((before, rest)) = text.split_once("{{") else { return Ok(text.to_owned()) };
        let (name, rest) = rest.split_once("}}").with_context(|| format!("no }}}} in {text:?}"))?;
        Ok(format!("{before}{}{}", self.value_of(name)?, self.fill(rest)?))
    }

    /// Fills those of several.
    pub fn fill_all(&self, texts: &[String]) -> Result<Vec<String>> {
        texts.iter().map(|text| self.fill(text)).collect()
    }

    /// Fills those of all texts in a JSON value.
    pub fn fill_value(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(list) => list.iter().map(|it| self.fill_value(it)).collect::<Result<_>>()?,
            Value::Object(map) => {
                let pairs = map.iter().map(|(key, it)| Ok((self.fill(key)?, self.fill_value(it)?)));
                Value::Object(pairs.collect::<Result<_>>()?)
            }
            other => other.clone(),
        })
    }

    fn value_of(&self, name: &str) -> Result<String> {
        let engine = self.variant.engine;
        Ok(match name {
            "host" => self.place.host.clone(),
            "token" => self.place.token.clone(),
            "stranger" => self.place.stranger.clone(),
            "organization" => self.organization.clone(),
            "workspace" => WORKSPACE.to_owned(),
            "backend" => self.backend(WORKSPACE),
            "engine" => engine.program().to_owned(),
            "Engine" => engine.title().to_owned(),
            "authority" => self.place.authority().into_string(),
            "workspace_id" => self
                .read(&format!("/organizations/{}/workspaces/{WORKSPACE}", self.organization), "/data/id")?,
            "run" => self.runs().pop().context("no command has printed the address of a run")?,
            "plan" => self.related("plan", "/data/id")?,
            "plan_log" => self.related("plan", "/data/attributes/log-read-url")?,
            "apply" => self.related("apply", "/data/id")?,
            "apply_log" => self.related("apply", "/data/attributes/log-read-url")?,
            other => match self.saved.get(other) {
                Some(value) => value.clone(),
                None => bail!("there is no {{{{{other}}}}}"),
            },
        })
    }

    /// The runs whose addresses were printed, in this order. (No list has those that only plan.)
    pub fn runs(&self) -> Vec<String> {
        let address = format!("/{}/{WORKSPACE}/runs/", self.organization);
        let after = self.printed.split(&address).skip(1);
        let id =
            |rest: &str| rest.chars().take_while(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
        let mut runs: Vec<String> = after.map(id).collect();
        runs.dedup();
        runs
    }

    /// The block that names the server.
    fn backend(&self, workspace: &str) -> String {
        let block = match self.variant.backend {
            Backend::Cloud => "cloud",
            Backend::Remote => "backend \"remote\"",
        };
        let (host, organization) = (&self.place.host, &self.organization);
        format!(
            "terraform {{\n  {block} {{\n    hostname     = \"{host}\"\n    organization = \"{organization}\"\n    workspaces {{\n      name = \"{workspace}\"\n    }}\n  }}\n}}\n"
        )
    }

    /// A value of the newest run's plan or apply.
    fn related(&self, phase: &str, pointer: &str) -> Result<String> {
        let run = format!("/runs/{}", self.value_of("run")?);
        let id = self.read(&run, &format!("/data/relationships/{phase}/data/id"))?;
        let kind = if phase == "plan" { "plans" } else { "applies" };
        self.read(&format!("/{kind}/{id}"), pointer)
    }

    fn read(&self, path: &str, pointer: &str) -> Result<String> {
        let answer = self.wait(self.actor.get(path));
        let value = if answer.status == 200 { answer.at(pointer) } else { Value::Null };
        let text = value.as_str().map(str::to_owned);
        text.with_context(|| format!("{path} has no {pointer}: {}", answer.text()))
    }
}
