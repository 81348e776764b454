//! Who works on a phase.

use super::store::Executor;
use serde::Serialize;

/// What a run's history says when its silent agent is heard of again: an action and a sentence.
pub const AGENT_BACK: (&str, &str) = ("agent_back", "The agent is in contact again");

/// `execution-details` of a plan or an apply (api-contract section 20 row 31): the server's own agent is `remote` and
/// has no ids.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ExecutionDetails<'a> {
    mode: &'static str,
    #[serde(flatten)]
    agent: Option<AgentDetails<'a>>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct AgentDetails<'a> {
    agent_id: &'a str,
    agent_name: &'a str,
    agent_pool_id: &'a str,
    agent_pool_name: &'a str,
}

impl Executor {
    /// Nothing before the phase is started.
    pub fn details(&self) -> Option<ExecutionDetails<'_>> {
        let agent_id = self.agent_id.as_deref()?;
        let agent = self.agent_pool_id.as_deref().map(|agent_pool_id| AgentDetails {
            agent_id,
            agent_name: self.agent_name.as_deref().unwrap_or_default(),
            agent_pool_id,
            agent_pool_name: self.agent_pool_name.as_deref().unwrap_or_default(),
        });
        Some(ExecutionDetails { mode: if agent.is_some() { "agent" } else { "remote" }, agent })
    }
}
