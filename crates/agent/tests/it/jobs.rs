//! Jobs as the server gives them.

use md5::{Digest, Md5};
use serde_json::{Value, json};
use terrane_agent::FoundEngine;
use terrane_wire::{
    ApplyTask, ConfigurationSource, Job, ObjectSource, PlanOptions, PlanTask, Secret, StateSource, Task,
    Uploads, VERSION, WorkspaceInfo,
};

use crate::server::{Server, hex, stored};

/// Puts an object on the server; where it is.
pub fn object(server: &Server, name: &str, content: &[u8]) -> ObjectSource {
    server.told().objects.insert(name.to_owned(), content.to_vec());
    let stored = stored(content);
    let url = Secret::new(format!("/objects/{name}"));
    ObjectSource { url, sha256: stored.sha256, size_bytes: stored.size_bytes }
}

/// An archive that tells the fake engine what to do.
pub fn behaviour(steps: &Value) -> Vec<u8> {
    let text = steps.to_string();
    terrane_slug::pack_files(&[("fake-engine.json", text.as_bytes())])
}

/// A plan of an archive.
pub fn plan(server: &Server, engine: &FoundEngine, archive: &[u8]) -> Job {
    let upload = |name: &str| Secret::new(format!("/objects/{name}"));
    Job {
        version: VERSION,
        id: "job-1".to_owned(),
        run_secret: Secret::new("of the run"),
        lease_epoch: 1,
        lease_ms: 30_000,
        heartbeat_ms: 200,
        run_id: "run-1".to_owned(),
        phase_id: "plan-1".to_owned(),
        workspace: WorkspaceInfo {
            id: "ws-1".to_owned(),
            name: "net".to_owned(),
            organization: "acme".to_owned(),
            project: "default".to_owned(),
            working_directory: String::new(),
        },
        engine: engine.engine.clone(),
        configuration: ConfigurationSource {
            id: "cv-1".to_owned(),
            archive: object(server, "archive", archive),
            git: None,
        },
        variables: Vec::new(),
        trace: false,
        structured_output: false,
        ssh_key: None,
        state: None,
        task: Task::Plan(PlanTask {
            options: PlanOptions::default(),
            uploads: Uploads {
                plan_file: upload("plan-file"),
                plan_json: upload("plan-json"),
                redacted_json: upload("redacted-json"),
                provider_schemas: upload("provider-schemas"),
            },
        }),
        timeout_ms: 60_000,
        interrupt_grace_ms: 3_000,
        log_bytes_max: 1 << 20,
        log_offset: 0,
    }
}

/// An apply of the plan file that is on the server, or of a pretended one.
pub fn apply(server: &Server, engine: &FoundEngine, archive: &[u8]) -> Job {
    let plan_file = server.told().objects.get("plan-file").cloned();
    let plan_file = plan_file.unwrap_or_else(|| b"the plan file".to_vec());
    let task = ApplyTask {
        plan_file: object(server, "plan-file", &plan_file),
        lock_file: None,
        errored_state: Secret::new("/objects/errored"),
    };
    Job {
        id: "job-2".to_owned(),
        phase_id: "apply-1".to_owned(),
        task: Task::Apply(task),
        ..plan(server, engine, archive)
    }
}

/// An apply with these steps.
pub fn apply_steps(server: &Server, engine: &FoundEngine, steps: &Value) -> Job {
    apply(server, engine, &behaviour(&json!({"apply": steps})))
}

/// A state on the server.
pub fn state(server: &Server, content: &[u8]) -> StateSource {
    let document: Value = serde_json::from_slice(content).unwrap_or_default();
    StateSource {
        id: "sv-base".to_owned(),
        serial: document["serial"].as_i64().unwrap_or(1),
        lineage: document["lineage"].as_str().unwrap_or_default().to_owned(),
        md5: hex(&Md5::digest(content)),
        file: object(server, "state", content),
    }
}
