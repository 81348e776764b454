//! The `agents` and `agent_pools` tables.

use crate::clock::Time;
use crate::ids::{AgentId, AgentPoolId, OrganizationId};
use crate::platform::db::{DbError, Exec, Tx, sql};

const FIND: &str = "SELECT id, agent_pool_id, name, instance FROM agents WHERE id = $1";
const INSERT: &str = "INSERT INTO agents (id, agent_pool_id, name, instance, last_ping_at, created_at) \
     VALUES ($1, $2, $3, $4, $5, $5)";
const HOLD: &str = "UPDATE agents SET instance = instance WHERE id = $1";
const RENEW: &str = "UPDATE agents SET name = $1, instance = $2, last_ping_at = $3 WHERE id = $4";
const PING: &str = "UPDATE agents SET last_ping_at = $1 WHERE id = $2";
const POOL_BY_NAME: &str = "SELECT id FROM agent_pools WHERE name = $1";
const POOL_IN_ORGANIZATION: &str = "SELECT id FROM agent_pools WHERE id = $1 AND organization_id = $2";
const INSERT_POOL: &str = "INSERT INTO agent_pools (id, name, created_at) VALUES ($1, $2, $3)";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[FIND, INSERT, HOLD, RENEW, PING, POOL_BY_NAME, POOL_IN_ORGANIZATION, INSERT_POOL];

/// The agent of a plan or an apply, as far as there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Executor {
    pub(super) agent_id: Option<String>,
    pub(super) agent_name: Option<String>,
    pub(super) agent_pool_id: Option<String>,
    pub(super) agent_pool_name: Option<String>,
}

/// An agent.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Agent {
    /// The agent.
    #[sqlx(try_from = "String")]
    pub id: AgentId,
    /// Its pool; the embedded one has none.
    pub agent_pool_id: Option<String>,
    /// For people.
    pub name: String,
    /// Its process, as that said hello.
    pub instance: String,
}

/// An agent by id.
pub async fn find(exec: impl Exec, id: &AgentId) -> Result<Option<Agent>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// A new agent.
pub async fn insert(tx: &mut Tx, agent: &Agent, now: Time) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&agent.id)
        .bind(agent.agent_pool_id.clone())
        .bind(&agent.name)
        .bind(&agent.instance)
        .bind(now);
    tx.run(query).await.map(drop)
}

/// Takes an agent's row for the rest of the transaction.
pub async fn hold(tx: &mut Tx, id: &AgentId) -> Result<(), DbError> {
    tx.run(sql(HOLD).bind(id)).await.map(drop)
}

/// A new process of an agent.
pub async fn renew(tx: &mut Tx, id: &AgentId, name: &str, instance: &str, now: Time) -> Result<(), DbError> {
    tx.run(sql(RENEW).bind(name).bind(instance).bind(now).bind(id)).await.map(drop)
}

/// Notes that an agent was heard of.
pub async fn ping(tx: &mut Tx, id: &AgentId, now: Time) -> Result<(), DbError> {
    tx.run(sql(PING).bind(now).bind(id)).await.map(drop)
}

/// Whether an organization has this pool.
pub async fn has_pool(exec: impl Exec, organization: &OrganizationId, pool: &str) -> Result<bool, DbError> {
    let found: Option<(String,)> =
        exec.optional(sql(POOL_IN_ORGANIZATION).bind(pool).bind(organization)).await?;
    Ok(found.is_some())
}

/// The pool of this name, made if there is none.
pub async fn pool(tx: &mut Tx, name: &str, now: Time) -> Result<AgentPoolId, DbError> {
    let found: Option<(String,)> = tx.optional(sql(POOL_BY_NAME).bind(name)).await?;
    if let Some((id,)) = found {
        return Ok(id.into());
    }
    let id = AgentPoolId::random();
    tx.run(sql(INSERT_POOL).bind(&id).bind(name).bind(now)).await?;
    Ok(id)
}
