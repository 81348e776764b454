//! Gives the next job to an agent: `plan_queued → planning` and the lease in one transaction.

use crate::app::App;
use crate::clock::Time;
use crate::configuration_versions;
use crate::ids::JobId;
use crate::plans::model::{EngineName, PlanStatus};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult, Purpose};
use crate::platform::scheduler::store::WaitingJob;
use crate::platform::{logs, objects, scheduler};
use crate::runs::model::RunStatus;
use crate::runs::store::Frozen;
use crate::workspaces::model::{VersionRequest, is_newer};
use crate::{applies, plans, runs, workspaces};
use secrecy::ExposeSecret;
use std::time::Duration;
use terrane_wire::{
    Claim, ConfigurationSource, Engine, Job, PlanOptions, Secret, Uploads, VERSION, WorkspaceInfo,
};
use tokio::time::{Instant, timeout_at};

/// A claim is never held longer than this.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Another server's jobs are noticed without a wake-up after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The next job, or `None` when nothing came up in the time the agent gives.
pub async fn claim(app: &App, claim: &Claim) -> ApiResult<Option<Job>> {
    let deadline = Instant::now() + Duration::from_millis(claim.wait_ms).min(WAIT_MAX);
    let mut news = app.wake.jobs();
    loop {
        loop {
            match take(app, claim).await? {
                Taken::Job(job) => return Ok(Some(*job)),
                // Ended without an agent; the next one may be fit to run.
                Taken::Unfit => {}
                Taken::Nothing => break,
            }
        }
        let look_again = deadline.min(Instant::now() + LOOK_AGAIN);
        tokio::select! {
            _ = timeout_at(look_again, news.woken()) => {}
            () = app.stopping.cancelled() => return Ok(None),
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
    }
}

enum Taken {
    Job(Box<Job>),
    Unfit,
    Nothing,
}

async fn take(app: &App, claim: &Claim) -> ApiResult<Taken> {
    // Looking costs SQLite's only writer nothing when there is nothing.
    if scheduler::store::waiting(&app.db).await? == 0 {
        return Ok(Taken::Nothing);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(waiting) = scheduler::store::next(&mut tx).await? else { return Ok(Taken::Nothing) };
    let frozen = runs::store::frozen(&mut tx, &waiting.run_id).await?.ok_or_else(ApiError::not_found)?;
    let plan = plans::store::of_run(&mut tx, &waiting.run_id).await?.ok_or_else(ApiError::not_found)?;
    let engine = match pick_engine(&frozen, &claim.engines) {
        Ok(engine) => engine,
        Err(reason) => {
            // The workspace's row comes before the job's, so this is a transaction of its own.
            drop(tx);
            give_up(app, &waiting, &frozen, &plan, &reason).await?;
            return Ok(Taken::Unfit);
        }
    };
    let expires = now.plus(app.config.limits.lease);
    let (name, instance) = (&claim.agent_name, &claim.agent_instance);
    let Some(epoch) = scheduler::store::lease(&mut tx, &waiting.id, name, instance, expires).await? else {
        return Ok(Taken::Nothing);
    };
    let kind = EngineName::from(engine.kind);
    plans::store::start(&mut tx, &plan.id, kind, Some(&engine.version), "remote", now).await?;
    runs::store::advance(&mut tx, &waiting.run_id, RunStatus::PlanQueued, RunStatus::Planning, None, now)
        .await?;
    let configuration = configuration_of(app, &mut tx, &frozen, now).await?;
    tx.commit().await?;
    app.wake.wake_plan(&plan.id);
    let job = describe(app, &waiting.id, epoch, &plan.id.to_string(), &frozen, engine, configuration)?;
    Ok(Taken::Job(Box::new(job)))
}

/// The engine that plans: of the workspace's kind, and the newest whose version is the one asked for.
fn pick_engine(frozen: &Frozen, offered: &[Engine]) -> Result<Engine, String> {
    let kind = frozen.engine.kind();
    let wanted = &frozen.terraform_version;
    let request = VersionRequest::parse(wanted);
    let fits = |engine: &&Engine| {
        engine.kind == kind
            && (wanted == "latest"
                || request.as_ref().is_some_and(|request| request.accepts(&engine.version)))
    };
    let best = offered
        .iter()
        .filter(fits)
        .reduce(|best, engine| if is_newer(&engine.version, &best.version) { engine } else { best });
    best.cloned().ok_or_else(|| {
        let have: Vec<String> =
            offered.iter().map(|engine| format!("{} {}", engine.kind, engine.version)).collect();
        let have = if have.is_empty() { "none at all".to_owned() } else { have.join(", ") };
        format!(
            "no engine for this run: the workspace asks for {kind} {wanted}, the agent has {have}; \
             put the program on the server's PATH or change the workspace's engine or terraform-version"
        )
    })
}

/// Ends a run that no engine can plan, with the reason in its log.
async fn give_up(
    app: &App,
    waiting: &WaitingJob,
    frozen: &Frozen,
    plan: &plans::store::Plan,
    reason: &str,
) -> ApiResult<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &frozen.workspace_id, now).await?;
    if !scheduler::store::hold_waiting(&mut tx, &waiting.id).await? {
        return Ok(());
    }
    logs::append_line(&mut tx, &plan.id, reason).await?;
    plans::store::advance(&mut tx, &plan.id, PlanStatus::Queued, PlanStatus::Errored, now).await?;
    runs::store::advance(&mut tx, &waiting.run_id, RunStatus::PlanQueued, RunStatus::Errored, None, now)
        .await?;
    applies::store::give_up(&mut tx, &waiting.run_id).await?;
    scheduler::store::delete(&mut tx, &waiting.id).await?;
    let queued = scheduler::release_workspace(&mut tx, &frozen.workspace_id, &waiting.run_id, now).await?;
    tx.commit().await?;
    app.wake.wake_plan(&plan.id);
    if queued {
        app.wake.wake_jobs();
    }
    Ok(())
}

async fn configuration_of(
    app: &App,
    tx: &mut Tx,
    frozen: &Frozen,
    now: Time,
) -> ApiResult<ConfigurationSource> {
    let id = &frozen.configuration_version_id;
    let version = configuration_versions::store::find(&mut *tx, id).await?;
    let object = version.and_then(|version| version.object_id);
    let object = match object {
        Some(object) => objects::store::find(&mut *tx, &object).await?,
        None => None,
    };
    let object = object.ok_or_else(|| ApiError::Broken(format!("the archive of {id} is gone")))?;
    let expires = now.plus(app.config.limits.object_url_life);
    let url = app.signer.path(Purpose::ConfigurationDownload, id.as_str(), expires);
    Ok(ConfigurationSource {
        id: id.to_string(),
        url: Secret::new(url.expose_secret()),
        sha256: plans::hex(&object.sha256),
        size_bytes: object.size_bytes,
    })
}

fn describe(
    app: &App,
    id: &JobId,
    epoch: i64,
    plan_id: &str,
    frozen: &Frozen,
    engine: Engine,
    configuration: ConfigurationSource,
) -> ApiResult<Job> {
    let limits = &app.config.limits;
    let expires = app.clock.now().plus(limits.object_url_life);
    let subject = format!("{id}:{epoch}");
    let upload = |purpose| Secret::new(app.signer.path(purpose, &subject, expires).expose_secret());
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Ok(Job {
        version: VERSION,
        id: id.to_string(),
        lease_epoch: epoch,
        lease_ms: millis(limits.lease),
        run_id: frozen.id.to_string(),
        plan_id: plan_id.to_owned(),
        workspace: WorkspaceInfo {
            id: frozen.workspace_id.to_string(),
            name: frozen.workspace_name.clone(),
            organization: frozen.organization_name.clone(),
            project: frozen.project_name.clone(),
            working_directory: frozen.working_directory.clone(),
        },
        engine,
        configuration,
        variables: runs::open_variables(app, &frozen.id, &frozen.variables_sealed)?,
        options: PlanOptions { destroy: frozen.is_destroy },
        uploads: Uploads { plan_file: upload(Purpose::JobPlanFile), plan_json: upload(Purpose::JobPlanJson) },
        timeout_ms: millis(limits.plan_timeout),
        log_bytes_max: limits.log_bytes_max,
    })
}
