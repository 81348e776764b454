//! A new agent process: who it is, and which of its jobs it still has.

use super::store::{self, Agent};
use crate::app::App;
use crate::ids::{AgentId, JobId};
use crate::platform::access::AgentCaller;
use crate::platform::http::ApiResult;
use crate::platform::scheduler::{self, Cause, lease::Heard};
use terrane_wire::{Hello, Welcome};

/// An agent's name longer than this is cut.
const NAME_CHARS_MAX: usize = 90;

/// Takes an agent in. What the server believed it to have and it has not is lost; what it has and is not its any more
/// is named in the answer.
pub async fn hello(app: &App, caller: &AgentCaller, hello: &Hello) -> ApiResult<Welcome> {
    let id = register(app, caller, hello).await?;
    let mut lost = Vec::new();
    for held in &hello.holding {
        if !still_has(app, &id, &JobId::from(held.job_id.clone()), held.lease_epoch).await? {
            lost.push(held.job_id.clone());
        }
    }
    for job in scheduler::store::of_agent(&app.db, &id).await? {
        if !hello.holding.iter().any(|held| held.job_id == job.id.as_str()) {
            scheduler::lose(app, &job, Cause::NotHeld).await?;
        }
    }
    Ok(Welcome { agent_id: id.to_string(), lost })
}

/// The agent of an earlier process on the same work directory, as long as its token is of the same pool.
async fn register(app: &App, caller: &AgentCaller, hello: &Hello) -> ApiResult<AgentId> {
    let now = app.clock.now();
    let name: String = hello.agent_name.chars().take(NAME_CHARS_MAX).collect();
    let mut tx = app.db.begin().await?;
    let known = match hello.agent_id.as_deref().and_then(AgentId::parse) {
        Some(id) => store::find(&mut tx, &id).await?,
        None => None,
    };
    let known = known.filter(|agent| agent.agent_pool_id == caller.agent_pool_id);
    let id = match known {
        Some(agent) => {
            store::renew(&mut tx, &agent.id, &name, &hello.agent_instance, now).await?;
            agent.id
        }
        None => {
            let agent = Agent {
                id: AgentId::random(),
                agent_pool_id: caller.agent_pool_id.clone(),
                name,
                instance: hello.agent_instance.clone(),
            };
            store::insert(&mut tx, &agent, now).await?;
            agent.id
        }
    };
    tx.commit().await?;
    Ok(id)
}

async fn still_has(app: &App, agent: &AgentId, id: &JobId, epoch: i64) -> ApiResult<bool> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(mut job) = scheduler::store::hold(&mut tx, id).await? else { return Ok(false) };
    let is_its = job.lease.agent.as_ref() == Some(agent);
    let has = is_its && job.lease.hear(epoch, now, app.config.patience()) != Heard::Refused;
    if has {
        scheduler::store::save(&mut tx, &job).await?;
        tx.commit().await?;
    }
    Ok(has)
}
