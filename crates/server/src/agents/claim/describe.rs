//! What an agent is told of its job.

use crate::app::App;
use crate::clock::Time;
use crate::plans::store::Made;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Purpose};
use crate::platform::logs::{self, LogId};
use crate::platform::objects::{self, hex};
use crate::platform::scheduler::{Phase, store::Job};
use crate::runs::store::Frozen;
use crate::state_versions::store::StateVersion;
use crate::{configuration_versions, ingress_attributes, runs, ssh_keys};
use secrecy::ExposeSecret;
use std::time::Duration;
use terrane_blob::Object;
use terrane_wire::{
    ApplyTask, ConfigurationSource, Engine, GitInfo, ObjectSource, PlanOptions, PlanTask, Secret,
    StateSource, Task, Uploads, VERSION, WorkspaceInfo,
};

/// The job, with signed URLs for everything it needs.
pub async fn describe(
    app: &App,
    tx: &mut Tx,
    job: &Job,
    frozen: &Frozen,
    engine: Engine,
    made: &Made,
    state: Option<&StateVersion>,
) -> ApiResult<terrane_wire::Job> {
    let limits = &app.config.limits;
    let expires = app.clock.now().plus(limits.object_url_life);
    let timeout = match job.lease.phase {
        Phase::Plan => limits.plan_timeout,
        Phase::Apply => limits.apply_timeout,
    };
    let log_offset = logs::store::size(&mut *tx, &LogId::of(job.phase_id().to_owned())).await?;
    let state = match state {
        Some(version) => Some(state_source(app, tx, version, expires).await?),
        None => None,
    };
    let structured_output = made.structured_output && engine.has_structured_output();
    Ok(terrane_wire::Job {
        version: VERSION,
        id: job.id.to_string(),
        run_secret: Secret::new(app.signer.run_secret(frozen.id.as_str()).expose_secret()),
        lease_epoch: job.lease.epoch,
        lease_ms: millis(limits.lease),
        heartbeat_ms: millis(limits.heartbeat),
        run_id: frozen.id.to_string(),
        phase_id: job.phase_id().to_owned(),
        workspace: WorkspaceInfo {
            id: frozen.workspace_id.to_string(),
            name: frozen.workspace_name.clone(),
            organization: frozen.organization_name.clone(),
            project: frozen.project_name.clone(),
            working_directory: frozen.working_directory.clone(),
        },
        engine,
        configuration: configuration(app, tx, frozen, expires).await?,
        variables: runs::open_variables(app, &frozen.id, &frozen.variables_sealed)?,
        trace: frozen.mode.debugging_mode,
        structured_output,
        ssh_key: ssh_keys::open(app, tx, &frozen.workspace_id).await?,
        state,
        task: task(app, tx, job, frozen, made, expires).await?,
        timeout_ms: millis(timeout),
        interrupt_grace_ms: millis(limits.interrupt_grace),
        log_bytes_max: limits.log_bytes_max,
        log_offset: u64::try_from(log_offset).unwrap_or(0),
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

async fn task(
    app: &App,
    tx: &mut Tx,
    job: &Job,
    frozen: &Frozen,
    made: &Made,
    expires: Time,
) -> ApiResult<Task> {
    let subject = format!("{}:{}", job.id, job.lease.epoch);
    let upload = |purpose| Secret::new(app.signer.path(purpose, &subject, expires).expose_secret());
    Ok(match job.lease.phase {
        Phase::Plan => Task::Plan(PlanTask {
            options: plan_options(frozen),
            uploads: Uploads {
                plan_file: upload(Purpose::JobPlanFile),
                plan_json: upload(Purpose::JobPlanJson),
                redacted_json: upload(Purpose::JobRedactedJson),
                provider_schemas: upload(Purpose::JobProviderSchemas),
            },
        }),
        Phase::Apply => {
            let file = stored(tx, made.plan_file_object_id.as_deref(), "the plan file").await?;
            Task::Apply(ApplyTask {
                plan_file: source(app, &file, Purpose::PlanFile, job.plan_id.as_str(), expires),
                lock_file: made.lock_file.clone(),
                errored_state: upload(Purpose::JobErroredState),
            })
        }
    })
}

fn plan_options(frozen: &Frozen) -> PlanOptions {
    let mode = &frozen.mode;
    PlanOptions {
        destroy: frozen.is_destroy,
        refresh_only: mode.refresh_only,
        skip_refresh: !mode.refresh,
        targets: mode.target_addrs.list().to_vec(),
        replaces: mode.replace_addrs.list().to_vec(),
        generate_configuration: mode.allow_config_generation,
    }
}

async fn configuration(
    app: &App,
    tx: &mut Tx,
    frozen: &Frozen,
    expires: Time,
) -> ApiResult<ConfigurationSource> {
    let id = &frozen.configuration_version_id;
    let version = configuration_versions::store::find(&mut *tx, id).await?;
    let object = version.and_then(|version| version.object_id);
    let archive = stored(tx, object.as_deref(), "the archive").await?;
    let archive = source(app, &archive, Purpose::ConfigurationDownload, id.as_str(), expires);
    let git = ingress_attributes::store::find(&mut *tx, id).await?.map(|ingress| GitInfo {
        branch: ingress.branch,
        commit_sha: ingress.commit_sha,
        tag: ingress.tag,
    });
    Ok(ConfigurationSource { id: id.to_string(), archive, git })
}

async fn state_source(
    app: &App,
    tx: &mut Tx,
    version: &StateVersion,
    expires: Time,
) -> ApiResult<StateSource> {
    let file = stored(tx, version.object_id.as_deref(), "the state").await?;
    Ok(StateSource {
        id: version.id.to_string(),
        serial: version.serial,
        lineage: version.lineage.clone().unwrap_or_default(),
        md5: version.md5.clone(),
        file: source(app, &file, Purpose::StateDownload, version.id.as_str(), expires),
    })
}

fn source(app: &App, object: &Object, purpose: Purpose, subject: &str, expires: Time) -> ObjectSource {
    ObjectSource {
        url: Secret::new(app.signer.path(purpose, subject, expires).expose_secret()),
        sha256: hex(&object.sha256),
        size_bytes: object.size_bytes,
    }
}

async fn stored(tx: &mut Tx, id: Option<&str>, what: &str) -> ApiResult<Object> {
    let object = match id {
        Some(id) => objects::store::find(&mut *tx, id).await?,
        None => None,
    };
    object.ok_or_else(|| ApiError::Broken(format!("{what} of a run is gone")))
}
