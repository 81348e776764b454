//! Where runs happen: an organization and a project say it by default, a workspace for itself (api-contract 8.4).

use crate::ids::OrganizationId;
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::text_enum::text_enum;
use terrane_jsonapi::{Attributes, Given};

text_enum! {
    /// Where runs happen.
    pub enum ExecutionMode {
        /// On the server's own agents.
        Remote = "remote",
        /// On the agents of a pool.
        Agent = "agent",
        /// Nowhere here: the workspace keeps state only.
        Local = "local",
    }
}

/// What one level says; the levels are workspace, project, organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// Its own mode; `None` inherits.
    pub mode: Option<ExecutionMode>,
    /// Whether it has a say about the pool.
    pub overwrites_pool: bool,
    /// Its own pool.
    pub agent_pool_id: Option<String>,
}

impl Level {
    /// As a row has it whose pool is its own say when there is one.
    pub fn of_row(mode: Option<&str>, agent_pool_id: Option<&str>) -> Self {
        Self {
            mode: mode.and_then(ExecutionMode::parse),
            overwrites_pool: agent_pool_id.is_some(),
            agent_pool_id: agent_pool_id.map(str::to_owned),
        }
    }
}

/// What holds in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The mode.
    pub mode: ExecutionMode,
    /// The pool; in mode `agent` only.
    pub agent_pool_id: Option<String>,
}

/// The first level with a say decides, mode and pool each for itself; without any it is `remote`.
pub fn effective(levels: &[&Level]) -> Execution {
    let mode = levels.iter().find_map(|level| level.mode).unwrap_or(ExecutionMode::Remote);
    let pool =
        levels.iter().find(|level| level.overwrites_pool).and_then(|level| level.agent_pool_id.clone());
    Execution { mode, agent_pool_id: pool.filter(|_| mode == ExecutionMode::Agent) }
}

/// Why a plan is not applied: runs happened elsewhere when it was made (api-contract 4.7). `None` when they did not, and
/// for a plan of which that is not known.
pub fn changed_since(planned: Option<&str>, now: ExecutionMode) -> Option<String> {
    let planned = planned.filter(|planned| *planned != now.as_str())?;
    Some(format!(
        "the workspace's execution mode was {planned} when the plan was made and is {} now; start a new run",
        now.as_str()
    ))
}

/// Reads a mode.
///
/// # Errors
/// 422 for what is none.
pub fn read_mode(given: &Attributes, key: &str) -> ApiResult<Given<ExecutionMode>> {
    Ok(match given.text(key)? {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(text) => Given::Value(ExecutionMode::parse(&text).ok_or_else(|| {
            ApiError::invalid_attribute(key, format!("{text:?} is none of remote, agent and local"))
        })?),
    })
}

/// Checks that a mode has the pool it needs, and that the pool is one of the organization's.
///
/// # Errors
/// 422 at `pointer`.
pub async fn check_pool(
    tx: &mut Tx,
    organization: &OrganizationId,
    execution: &Execution,
    pointer: &str,
) -> ApiResult<()> {
    if execution.mode != ExecutionMode::Agent {
        return Ok(());
    }
    let refuse = |detail: &str| Err(terrane_jsonapi::Errors::invalid(pointer, detail).into());
    let Some(pool) = &execution.agent_pool_id else {
        return refuse("the execution mode agent needs an agent pool: name one of this organization");
    };
    if crate::agents::store::has_pool(tx, organization, pool).await? {
        Ok(())
    } else {
        refuse("there is no such agent pool in this organization")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(mode: Option<ExecutionMode>, pool: Option<&str>) -> Level {
        Level { mode, overwrites_pool: pool.is_some(), agent_pool_id: pool.map(str::to_owned) }
    }

    #[test]
    fn the_closest_level_with_a_say_decides() {
        use ExecutionMode::{Agent, Local, Remote};
        let none = Level::default();
        let (organization, project) = (level(Some(Agent), Some("apool-1")), level(None, Some("apool-2")));
        let found = |levels: &[&Level]| {
            let execution = effective(levels);
            (execution.mode, execution.agent_pool_id)
        };
        assert_eq!(found(&[&none, &none, &none]), (Remote, None));
        assert_eq!(found(&[&none, &none, &organization]), (Agent, Some("apool-1".into())));
        assert_eq!(found(&[&none, &project, &organization]), (Agent, Some("apool-2".into())));
        assert_eq!(found(&[&level(Some(Local), None), &project, &organization]), (Local, None));
        let cleared = Level { overwrites_pool: true, ..Level::default() };
        assert_eq!(found(&[&cleared, &project, &organization]), (Agent, None));
    }
}
