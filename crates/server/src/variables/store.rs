//! The `variables` table, of workspaces, and `varset_variables`, of sets: two tables with the same columns.

mod list;

pub use list::{of_these_sets, shapes};

use super::model::{Owner, VariableCategory};
use super::precedence::SetScope;
use crate::clock::Time;
use crate::ids::{VariableId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Query, Tx, sql, sql_in};
use crate::varsets::store::applies_to_workspace;

macro_rules! select {
    ($columns:literal, $from:literal, $rest:expr) => {
        concat!(
            "SELECT v.id, v.",
            $columns,
            ", v.key, v.value_sealed, v.category, v.hcl, v.sensitive, v.description, v.version_id, v.created_at FROM ",
            $from,
            " v ",
            $rest
        )
    };
}

use select;

const LIST: &str =
    select!("workspace_id AS owner", "variables", "WHERE v.workspace_id = $1 ORDER BY v.created_at, v.id");
const OF_WORKSPACES: &str =
    select!("workspace_id AS owner", "variables", "WHERE v.workspace_id IN ($1) ORDER BY v.created_at, v.id");
const FIND: &str = select!("workspace_id AS owner", "variables", "WHERE v.workspace_id = $1 AND v.id = $2");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM variables WHERE workspace_id = $1";
const INSERT: &str = "INSERT INTO variables (id, workspace_id, key, value_sealed, category, hcl, sensitive, description, \
     version_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const UPDATE: &str = "UPDATE variables SET key = $1, value_sealed = $2, category = $3, hcl = $4, sensitive = $5, \
     description = $6, version_id = $7 WHERE id = $8";
const DELETE: &str = "DELETE FROM variables WHERE workspace_id = $1 AND id = $2";

const LIST_IN_SET: &str =
    select!("varset_id AS owner", "varset_variables", "WHERE v.varset_id = $1 ORDER BY v.created_at, v.id");
const FIND_IN_SET: &str =
    select!("varset_id AS owner", "varset_variables", "WHERE v.varset_id = $1 AND v.id = $2");
const COUNT_IN_SET: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM varset_variables WHERE varset_id = $1";
const INSERT_IN_SET: &str = "INSERT INTO varset_variables (id, varset_id, key, value_sealed, category, hcl, sensitive, \
     description, version_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const UPDATE_IN_SET: &str = "UPDATE varset_variables SET key = $1, value_sealed = $2, category = $3, hcl = $4, \
     sensitive = $5, description = $6, version_id = $7 WHERE id = $8";
const DELETE_IN_SET: &str = "DELETE FROM varset_variables WHERE varset_id = $1 AND id = $2";

/// Every variable of every set that applies to a workspace, with the way the set comes to it.
const OF_SETS_OF_WORKSPACE: &str = select!(
    "varset_id AS owner, s.id AS set_id, s.name AS set_name, s.priority, s.global, \
     CASE WHEN s.project_id IS NULL THEN FALSE ELSE TRUE END AS of_project, \
     EXISTS (SELECT 1 FROM varset_projects p WHERE p.varset_id = s.id AND p.project_id = w.project_id) AS on_project, \
     EXISTS (SELECT 1 FROM varset_workspaces x WHERE x.varset_id = s.id AND x.workspace_id = w.id) AS on_workspace",
    "varset_variables",
    concat!(
        "JOIN varsets s ON s.id = v.varset_id JOIN workspaces w ON w.organization_id = s.organization_id \
         WHERE w.id = $1 AND ",
        applies_to_workspace!(),
        " ORDER BY s.name, s.id, v.created_at, v.id"
    )
);

/// Every statement here.
pub const STATEMENTS: &[&str] = &[
    LIST,
    OF_WORKSPACES,
    FIND,
    COUNT,
    INSERT,
    UPDATE,
    DELETE,
    LIST_IN_SET,
    FIND_IN_SET,
    COUNT_IN_SET,
    INSERT_IN_SET,
    UPDATE_IN_SET,
    DELETE_IN_SET,
    OF_SETS_OF_WORKSPACE,
];

/// A variable, its value sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Variable {
    /// The variable.
    #[sqlx(try_from = "String")]
    pub id: VariableId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub owner: Owner,
    /// Its name.
    pub key: String,
    /// Encrypted for this row.
    pub value_sealed: Vec<u8>,
    /// Where it goes.
    #[sqlx(try_from = "String")]
    pub category: VariableCategory,
    /// The value is an HCL expression.
    pub hcl: bool,
    /// The value is never answered again.
    pub sensitive: bool,
    /// For people.
    pub description: Option<String>,
    /// New with every write.
    pub version_id: String,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
}

/// A variable of a set, and the way the set comes to a workspace.
#[derive(Debug, Clone, sqlx::FromRow)]
struct SetVariable {
    #[sqlx(flatten)]
    variable: Variable,
    set_id: String,
    set_name: String,
    priority: bool,
    global: bool,
    of_project: bool,
    on_project: bool,
    on_workspace: bool,
}

impl From<SetVariable> for (Variable, SetScope) {
    fn from(row: SetVariable) -> Self {
        let scope = SetScope {
            set_id: row.set_id,
            set_name: row.set_name,
            priority: row.priority,
            global: row.global,
            of_project: row.of_project,
            on_project: row.on_project,
            on_workspace: row.on_workspace,
        };
        (row.variable, scope)
    }
}

/// One of two statements, with the owner as its first value.
fn of(owner: &Owner, workspace: &'static str, set: &'static str) -> Query {
    match owner {
        Owner::Workspace(id) => sql(workspace).bind(id),
        Owner::Varset(id) => sql(set).bind(id),
    }
}

/// An owner's variables, oldest first.
pub async fn list(exec: impl Exec, owner: &Owner) -> Result<Vec<Variable>, DbError> {
    exec.all(of(owner, LIST, LIST_IN_SET)).await
}

/// The variables of some workspaces, oldest first.
pub async fn of_workspaces(exec: impl Exec, workspaces: &[&WorkspaceId]) -> Result<Vec<Variable>, DbError> {
    exec.all(sql_in(OF_WORKSPACES, workspaces.iter().copied().map(Into::into))).await
}

/// The variables of all sets that apply to a workspace, whatever beats them.
pub async fn of_sets(exec: impl Exec, workspace: &WorkspaceId) -> Result<Vec<(Variable, SetScope)>, DbError> {
    let rows: Vec<SetVariable> = exec.all(sql(OF_SETS_OF_WORKSPACE).bind(workspace)).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One variable of an owner.
pub async fn find(exec: impl Exec, owner: &Owner, id: &str) -> Result<Option<Variable>, DbError> {
    exec.optional(of(owner, FIND, FIND_IN_SET).bind(id)).await
}

/// How many an owner has.
pub async fn count(exec: impl Exec, owner: &Owner) -> Result<usize, DbError> {
    let (count,): (i64,) = exec.one(of(owner, COUNT, COUNT_IN_SET)).await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Makes one.
pub async fn insert(tx: &mut Tx, row: &Variable) -> Result<(), DbError> {
    let (statement, owner) = match &row.owner {
        Owner::Workspace(id) => (INSERT, id.as_str()),
        Owner::Varset(id) => (INSERT_IN_SET, id.as_str()),
    };
    let query = sql(statement)
        .bind(&row.id)
        .bind(owner)
        .bind(&row.key)
        .bind(row.value_sealed.clone())
        .bind(row.category)
        .bind(row.hcl)
        .bind(row.sensitive)
        .bind(row.description.clone())
        .bind(&row.version_id)
        .bind(row.created_at);
    tx.run(query).await.map(drop)
}

/// Writes all of one.
pub async fn update(tx: &mut Tx, row: &Variable) -> Result<(), DbError> {
    let statement = match &row.owner {
        Owner::Workspace(_) => UPDATE,
        Owner::Varset(_) => UPDATE_IN_SET,
    };
    let query = sql(statement)
        .bind(&row.key)
        .bind(row.value_sealed.clone())
        .bind(row.category)
        .bind(row.hcl)
        .bind(row.sensitive)
        .bind(row.description.clone())
        .bind(&row.version_id)
        .bind(&row.id);
    tx.run(query).await.map(drop)
}

/// Deletes one; false when there is none.
pub async fn delete(tx: &mut Tx, owner: &Owner, id: &str) -> Result<bool, DbError> {
    Ok(tx.run(of(owner, DELETE, DELETE_IN_SET).bind(id)).await? == 1)
}
