//! Gives the next job to an agent: the lease, and for a plan `plan_queued → planning`, in one transaction.

mod describe;

use crate::app::App;
use crate::execution_mode::{ExecutionMode, changed_since};
use crate::ids::AgentId;
use crate::plans::store::{Made, Maker};
use crate::platform::access::AgentCaller;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler::{self, Phase, announce_end, store::Job};
use crate::runs::model::RunStatus;
use crate::runs::store::Frozen;
use crate::{agents, applies, plans, runs, state_versions, terraform_versions, workspaces};
use std::time::Duration;
use terrane_wire::{Claim, Engine, VersionRequest};
use tokio::time::{Instant, timeout_at};

/// A claim is never held longer than this.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Another server's jobs are noticed without a wake-up after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The next job, or `None` when nothing came up in the time the agent gives.
pub async fn claim(app: &App, caller: &AgentCaller, claim: &Claim) -> ApiResult<Option<terrane_wire::Job>> {
    let agent = known(app, caller, claim).await?;
    let deadline = Instant::now() + Duration::from_millis(claim.wait_ms).min(WAIT_MAX);
    let mut news = app.wake.jobs();
    loop {
        loop {
            match take(app, &agent, &claim.engines).await? {
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

/// Only the process that said hello last may claim.
async fn known(app: &App, caller: &AgentCaller, claim: &Claim) -> ApiResult<AgentId> {
    let agent = match AgentId::parse(&claim.agent_id) {
        Some(id) => agents::store::find(&app.db, &id).await?,
        None => None,
    };
    let agent = agent.filter(|agent| agent.agent_pool_id == caller.agent_pool_id);
    let agent = agent.ok_or_else(ApiError::not_found)?;
    if agent.instance != claim.agent_instance {
        return Err(ApiError::conflict("another process of this agent has taken its place"));
    }
    let mut tx = app.db.begin().await?;
    agents::store::ping(&mut tx, &agent.id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(agent.id)
}

enum Taken {
    Job(Box<terrane_wire::Job>),
    Unfit,
    Nothing,
}

async fn take(app: &App, agent: &AgentId, offered: &[Engine]) -> ApiResult<Taken> {
    // Looking costs SQLite's only writer nothing when there is nothing.
    if scheduler::store::waiting(&app.db).await? == 0 {
        return Ok(Taken::Nothing);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(mut job) = scheduler::store::next(&mut tx).await? else { return Ok(Taken::Nothing) };
    let frozen = runs::store::frozen(&mut tx, &job.run_id).await?.ok_or_else(ApiError::not_found)?;
    let made = plans::store::made(&mut tx, &job.run_id).await?.ok_or_else(ApiError::not_found)?;
    let mode = mode_of(&mut tx, &frozen).await?;
    let engine = match job.lease.phase {
        Phase::Plan => {
            let disabled = terraform_versions::disabled(&mut tx).await?;
            let enabled = terraform_versions::without(offered, &disabled);
            may_plan(mode).and_then(|()| pick_engine(&frozen, offered, &enabled))
        }
        Phase::Apply => may_apply(&made, mode).and_then(|()| same_engine(&made, offered)),
    };
    let engine = match engine {
        Ok(engine) => engine,
        Err(reason) => {
            // The workspace's row comes before the job's, which this transaction has.
            drop(tx);
            give_up(app, &job, reason).await?;
            return Ok(Taken::Unfit);
        }
    };
    if !job.lease.grant(agent.clone(), now, app.config.patience()) {
        return Ok(Taken::Nothing);
    }
    scheduler::store::save(&mut tx, &job).await?;
    let state = state_versions::store::current(&mut tx, &frozen.workspace_id).await?;
    if job.lease.phase == Phase::Plan {
        let state_id = state.as_ref().map(|version| version.id.as_str());
        plans::store::start(&mut tx, &job.plan_id, now).await?;
        let maker = Maker { engine: &engine, agent, state_version: state_id, execution_mode: mode };
        plans::store::set_maker(&mut tx, &job.plan_id, maker).await?;
        let planning = (RunStatus::PlanQueued, RunStatus::Planning);
        runs::store::advance(&mut tx, &job.run_id, planning.0, planning.1, None, now).await?;
    }
    let described = describe::describe(app, &mut tx, &job, &frozen, engine, &made, state.as_ref()).await?;
    tx.commit().await?;
    app.wake.wake_log(job.phase_id());
    Ok(Taken::Job(Box::new(described)))
}

/// Where the runs of its workspace happen now.
async fn mode_of(tx: &mut Tx, frozen: &Frozen) -> ApiResult<ExecutionMode> {
    let workspace = workspaces::store::find(&mut *tx, &frozen.workspace_id).await?;
    Ok(workspace.ok_or_else(ApiError::not_found)?.execution().mode)
}

/// A workspace may have become one that keeps state only while its run waited.
fn may_plan(mode: ExecutionMode) -> Result<(), String> {
    if mode != ExecutionMode::Local {
        return Ok(());
    }
    Err("nothing is planned here: the workspace's execution mode is local now; run the engine yourself, or change \
         execution-mode and start a new run"
        .to_owned())
}

/// A plan is applied where it was made, and only when all that it would do stands in the configuration: the next run
/// would destroy the rest (api-contract 4.2, 4.7).
fn may_apply(made: &Made, mode: ExecutionMode) -> Result<(), String> {
    if made.generated_configuration {
        return Err(
            "the plan holds generated configuration, so it is not applied: copy that from the plan into the \
             configuration and start a new run"
                .to_owned(),
        );
    }
    changed_since(made.execution_mode.as_deref(), mode)
        .map_or(Ok(()), |changed| Err(format!("not applied: {changed}")))
}

/// The engine that plans: of the workspace's kind, and the newest enabled one whose version is the one asked for.
fn pick_engine(frozen: &Frozen, offered: &[Engine], enabled: &[Engine]) -> Result<Engine, String> {
    let kind = frozen.engine.kind();
    let wanted = &frozen.terraform_version;
    let best_of = |engines: &[Engine]| {
        let of_kind = || engines.iter().filter(|engine| engine.kind == kind);
        let best = VersionRequest::parse(wanted)
            .and_then(|request| request.best(of_kind().map(|engine| engine.version.as_str())));
        best.and_then(|version| of_kind().find(|engine| engine.version == version)).cloned()
    };
    best_of(enabled).ok_or_else(|| match best_of(offered) {
        Some(disabled) => format!(
            "no engine for this run: the workspace asks for {kind} {wanted}, and {kind} {} is disabled on this site; \
             change the workspace's engine or terraform-version",
            disabled.version
        ),
        None => format!(
            "no engine for this run: the workspace asks for {kind} {wanted}, the agent has {}; install it where the \
             agent runs with `terrane engine install --engine {kind} '{wanted}'`, or change the workspace's engine or \
             terraform-version",
            names(offered)
        ),
    })
}

/// The engine that made the plan applies it.
fn same_engine(made: &Made, offered: &[Engine]) -> Result<Engine, String> {
    let kind = made.engine.kind();
    let version = made.engine_version.as_deref().unwrap_or_default();
    let same = offered.iter().find(|engine| engine.kind == kind && engine.version == version);
    same.cloned().ok_or_else(|| {
        format!(
            "the plan was made by {kind} {version}, the agent has {}; install it again with `terrane engine install \
             --engine {kind} {version}`, or start a new run",
            names(offered)
        )
    })
}

fn names(offered: &[Engine]) -> String {
    let have: Vec<String> =
        offered.iter().map(|engine| format!("{} {}", engine.kind, engine.version)).collect();
    if have.is_empty() { "none at all".to_owned() } else { have.join(", ") }
}

/// Ends a phase that no engine can do, with the reason in its log.
async fn give_up(app: &App, waiting: &Job, reason: String) -> ApiResult<()> {
    let now = app.clock.now();
    let evidence = applies::gather(app, waiting, false).await?;
    let mut tx = app.db.begin().await?;
    let run = runs::store::find(&mut tx, &waiting.run_id).await?.ok_or_else(ApiError::not_found)?;
    workspaces::store::guard(&mut tx, &run.workspace_id, now).await?;
    let job = scheduler::store::hold(&mut tx, &waiting.id).await?;
    let Some(job) = job.filter(|job| job.lease.is_waiting()) else { return Ok(()) };
    let run = runs::store::find(&mut tx, &run.id).await?.ok_or_else(ApiError::not_found)?;
    let queued = match job.lease.phase {
        Phase::Plan => {
            let end = plans::End::Errored { reason, told: false };
            plans::ingest(&mut tx, &run, &job, end, None, now).await?
        }
        Phase::Apply => {
            let end = applies::End::errored(reason);
            applies::ingest(app, &mut tx, (&run, &job), end, &evidence, now).await?
        }
    };
    tx.commit().await?;
    announce_end(app, &job, queued);
    Ok(())
}
