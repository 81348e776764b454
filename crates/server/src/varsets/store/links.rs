//! To what sets are applied, and which variables they have: the linkage of their documents, of a whole page at once.

use crate::clock::Time;
use crate::ids::VarsetId;
use crate::platform::db::{DbError, Exec, Query, Tx, Value, sql};

/// What a set can be applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One workspace.
    Workspaces,
    /// Every workspace of a project.
    Projects,
}

const APPLY_TO_WORKSPACE: &str = "INSERT INTO varset_workspaces (varset_id, workspace_id, added_at) VALUES ($1, $2, $3) \
     ON CONFLICT (varset_id, workspace_id) DO NOTHING";
const APPLY_TO_PROJECT: &str = "INSERT INTO varset_projects (varset_id, project_id, added_at) VALUES ($1, $2, $3) \
     ON CONFLICT (varset_id, project_id) DO NOTHING";
const REMOVE_FROM_WORKSPACE: &str =
    "DELETE FROM varset_workspaces WHERE varset_id = $1 AND workspace_id = $2";
const REMOVE_FROM_PROJECT: &str = "DELETE FROM varset_projects WHERE varset_id = $1 AND project_id = $2";
const REMOVE_FROM_WORKSPACES: &str = "DELETE FROM varset_workspaces WHERE varset_id = $1";
const REMOVE_FROM_PROJECTS: &str = "DELETE FROM varset_projects WHERE varset_id = $1";
const IS_WORKSPACE: &str = "SELECT w.id FROM workspaces w JOIN varsets s ON s.organization_id = w.organization_id \
     WHERE s.id = $1 AND w.id = $2 AND (s.project_id IS NULL OR s.project_id = w.project_id)";
const IS_PROJECT: &str = "SELECT p.id FROM projects p JOIN varsets s ON s.organization_id = p.organization_id \
     WHERE s.id = $1 AND p.id = $2 AND (s.project_id IS NULL OR s.project_id = p.id)";

/// Every statement here that is a constant.
pub const STATEMENTS: &[&str] = &[
    APPLY_TO_WORKSPACE,
    APPLY_TO_PROJECT,
    REMOVE_FROM_WORKSPACE,
    REMOVE_FROM_PROJECT,
    REMOVE_FROM_WORKSPACES,
    REMOVE_FROM_PROJECTS,
    IS_WORKSPACE,
    IS_PROJECT,
];

/// One thing a set points at.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Link {
    /// The set.
    pub varset_id: String,
    /// `vars`, `workspaces` or `projects`.
    pub kind: String,
    /// What it points at.
    pub id: String,
}

/// Applies a set to one more, if it is not yet.
pub async fn apply_to(
    tx: &mut Tx,
    set: &VarsetId,
    target: Target,
    id: &str,
    now: Time,
) -> Result<(), DbError> {
    let statement = match target {
        Target::Workspaces => APPLY_TO_WORKSPACE,
        Target::Projects => APPLY_TO_PROJECT,
    };
    tx.run(sql(statement).bind(set).bind(id).bind(now)).await.map(drop)
}

/// Takes a set away from one, if it is applied to it.
pub async fn remove_from(tx: &mut Tx, set: &VarsetId, target: Target, id: &str) -> Result<(), DbError> {
    let statement = match target {
        Target::Workspaces => REMOVE_FROM_WORKSPACE,
        Target::Projects => REMOVE_FROM_PROJECT,
    };
    tx.run(sql(statement).bind(set).bind(id)).await.map(drop)
}

/// Takes a set away from all.
pub async fn remove_all(tx: &mut Tx, set: &VarsetId, target: Target) -> Result<(), DbError> {
    let statement = match target {
        Target::Workspaces => REMOVE_FROM_WORKSPACES,
        Target::Projects => REMOVE_FROM_PROJECTS,
    };
    tx.run(sql(statement).bind(set)).await.map(drop)
}

/// Whether a set could be applied to this: it stands in the set's organization, and in the set's project if that owns it.
pub async fn is_target(exec: impl Exec, set: &VarsetId, target: Target, id: &str) -> Result<bool, DbError> {
    let statement = match target {
        Target::Workspaces => IS_WORKSPACE,
        Target::Projects => IS_PROJECT,
    };
    let found: Option<(String,)> = exec.optional(sql(statement).bind(set).bind(id)).await?;
    Ok(found.is_some())
}

/// Everything these sets point at, oldest first. One query.
pub async fn links(exec: impl Exec, sets: &[VarsetId]) -> Result<Vec<Link>, DbError> {
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    exec.all(bind_all(links_query(sets.len()), sets)).await
}

fn places(count: usize) -> String {
    (1..=count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

fn links_query(count: usize) -> String {
    let sets = places(count);
    format!(
        "SELECT t.varset_id, t.kind, t.id FROM ( \
         SELECT v.varset_id, CAST('vars' AS TEXT) AS kind, v.id, v.created_at AS since FROM varset_variables v \
         WHERE v.varset_id IN ({sets}) \
         UNION ALL SELECT x.varset_id, CAST('workspaces' AS TEXT), x.workspace_id, x.added_at FROM varset_workspaces x \
         WHERE x.varset_id IN ({sets}) \
         UNION ALL SELECT p.varset_id, CAST('projects' AS TEXT), p.project_id, p.added_at FROM varset_projects p \
         WHERE p.varset_id IN ({sets})) t ORDER BY t.since, t.id"
    )
}

fn bind_all(text: String, sets: &[VarsetId]) -> Query {
    sets.iter().map(Value::from).fold(sql(text), Query::bind)
}

/// Every statement that these can become, for the test that prepares them on both databases.
pub(super) fn shapes() -> Vec<String> {
    [1, 2].map(links_query).to_vec()
}
