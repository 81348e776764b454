//! A new agent process: who it is, and which of its jobs it still has.

use super::model::AGENT_BACK;
use super::store::{self, Agent};
use crate::app::App;
use crate::ids::{AgentId, JobId};
use crate::platform::access::AgentCaller;
use crate::platform::db::Exec;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::scheduler::{self, Cause, lease::Heard};
use crate::runs;
use terrane_wire::{Hello, Welcome, is_earlier};

/// An agent's name longer than this is cut.
const NAME_CHARS_MAX: usize = 90;

/// Takes an agent in. What the server believed it to have and it has not is lost; what it has and is not its any more
/// is named in the answer.
///
/// Only at the end is the new process the agent's, and may claim: a hello that comes twice then finds nothing to take
/// away, and one of an earlier process is refused.
pub async fn hello(app: &App, caller: &AgentCaller, hello: &Hello) -> ApiResult<Welcome> {
    let Some(agent) = known(&app.db, caller, hello).await? else { return register(app, caller, hello).await };
    let mut lost = Vec::new();
    for held in &hello.holding {
        if !still_has(app, &agent.id, &JobId::from(held.job_id.clone()), held.lease_epoch).await? {
            lost.push(held.job_id.clone());
        }
    }
    if agent.instance != hello.agent_instance {
        for job in scheduler::store::of_agent(&app.db, &agent.id).await? {
            if !hello.holding.iter().any(|held| held.job_id == job.id.as_str()) {
                scheduler::lose(app, &job, Cause::NotHeld).await?;
            }
        }
    }
    let mut tx = app.db.begin().await?;
    store::hold(&mut tx, &agent.id).await?;
    known(&mut tx, caller, hello).await?;
    store::renew(&mut tx, &agent.id, &name_of(hello), &hello.agent_instance, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Welcome { agent_id: agent.id.to_string(), lost })
}

/// The agent of an earlier process on the same work directory, as long as its token is of the same pool; an error when
/// this is the earlier one.
async fn known(exec: impl Exec, caller: &AgentCaller, hello: &Hello) -> ApiResult<Option<Agent>> {
    let Some(id) = hello.agent_id.as_deref().and_then(AgentId::parse) else { return Ok(None) };
    let agent = store::find(exec, &id).await?;
    let agent = agent.filter(|agent| agent.agent_pool_id == caller.agent_pool_id);
    if agent.as_ref().is_some_and(|agent| is_earlier(&hello.agent_instance, &agent.instance)) {
        return Err(ApiError::conflict("another process of this agent has taken its place"));
    }
    Ok(agent)
}

/// An agent that is new, and has nothing that could be its own.
async fn register(app: &App, caller: &AgentCaller, hello: &Hello) -> ApiResult<Welcome> {
    let agent = Agent {
        id: AgentId::random(),
        agent_pool_id: caller.agent_pool_id.clone(),
        name: name_of(hello),
        instance: hello.agent_instance.clone(),
    };
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &agent, app.clock.now()).await?;
    tx.commit().await?;
    let lost = hello.holding.iter().map(|held| held.job_id.clone()).collect();
    Ok(Welcome { agent_id: agent.id.to_string(), lost })
}

fn name_of(hello: &Hello) -> String {
    hello.agent_name.chars().take(NAME_CHARS_MAX).collect()
}

async fn still_has(app: &App, agent: &AgentId, id: &JobId, epoch: i64) -> ApiResult<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(mut job) = scheduler::store::hold(&mut tx, id).await? else { return Ok(false) };
    if job.lease.agent.as_ref() != Some(agent) {
        return Ok(false);
    }
    let heard = job.lease.hear(epoch, now, app.config.patience());
    if heard == Heard::Refused {
        return Ok(false);
    }
    scheduler::store::save(&mut tx, &job).await?;
    if heard == (Heard::Renewed { is_back: true }) {
        runs::store::note(&mut tx, &job.run_id, AGENT_BACK, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}
