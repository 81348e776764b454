//! The `tags` and `workspace_tags` tables.

use crate::clock::Time;
use crate::ids::{OrganizationId, TagId, WorkspaceId};
use crate::platform::db::pattern::containing;
use crate::platform::db::{DbError, Exec, Tx, sql};
use terrane_jsonapi::Page;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.name, o.name AS organization_name, t.created_at, ",
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM workspace_tags x WHERE x.tag_id = t.id) AS instance_count ",
            "FROM tags t JOIN organizations o ON o.id = t.organization_id ",
            $rest
        )
    };
}

const LIST: &str = select!(
    "WHERE t.organization_id = $1 AND lower(t.name) LIKE $2 ESCAPE '\\' AND NOT EXISTS \
     (SELECT 1 FROM workspace_tags e WHERE e.tag_id = t.id AND e.workspace_id = $3) ORDER BY t.name LIMIT $4 OFFSET $5"
);
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM tags t WHERE t.organization_id = $1 \
     AND lower(t.name) LIKE $2 ESCAPE '\\' AND NOT EXISTS \
     (SELECT 1 FROM workspace_tags e WHERE e.tag_id = t.id AND e.workspace_id = $3)";
const OF_WORKSPACE: &str = select!(
    "JOIN workspace_tags u ON u.tag_id = t.id WHERE u.workspace_id = $1 ORDER BY t.name LIMIT $2 OFFSET $3"
);
const COUNT_OF_WORKSPACE: &str =
    "SELECT CAST(COUNT(*) AS BIGINT) FROM workspace_tags u WHERE u.workspace_id = $1";
const IN_ORGANIZATION: &str = select!("WHERE t.organization_id = $1 AND t.id = $2");
const BY_NAME: &str = select!("WHERE t.organization_id = $1 AND t.name = $2");
const INSERT: &str = "INSERT INTO tags (id, organization_id, name, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (organization_id, name) DO NOTHING";
const DELETE: &str = "DELETE FROM tags WHERE organization_id = $1 AND id = $2";
const TIE: &str = "INSERT INTO workspace_tags (workspace_id, tag_id) VALUES ($1, $2) \
     ON CONFLICT (workspace_id, tag_id) DO NOTHING";
const UNTIE: &str = "DELETE FROM workspace_tags WHERE workspace_id = $1 AND tag_id = $2";

/// Every statement here.
pub const STATEMENTS: &[&str] =
    &[LIST, COUNT, OF_WORKSPACE, COUNT_OF_WORKSPACE, IN_ORGANIZATION, BY_NAME, INSERT, DELETE, TIE, UNTIE];

/// A flat tag.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Tag {
    /// The tag.
    #[sqlx(try_from = "String")]
    pub id: TagId,
    /// Its name, unique in its organization.
    pub name: String,
    /// The organization's name.
    pub organization_name: String,
    /// When made.
    #[sqlx(try_from = "i64")]
    pub created_at: Time,
    /// How many workspaces have it.
    pub instance_count: i64,
}

/// Which tags of an organization.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Names that hold this text, whatever its case.
    pub search: Option<String>,
    /// Only those that this workspace does not have.
    pub without_workspace: Option<String>,
}

impl Filter {
    fn values(&self) -> (String, &str) {
        let pattern = containing(self.search.as_deref().unwrap_or_default());
        (pattern, self.without_workspace.as_deref().unwrap_or_default())
    }
}

/// One page, by name.
pub async fn list(
    exec: impl Exec,
    organization: &OrganizationId,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Tag>, DbError> {
    let (pattern, workspace) = filter.values();
    let query = sql(LIST).bind(organization).bind(pattern).bind(workspace);
    exec.all(query.bind(page.limit()).bind(page.offset())).await
}

/// How many there are.
pub async fn count(exec: impl Exec, organization: &OrganizationId, filter: &Filter) -> Result<u64, DbError> {
    let (pattern, workspace) = filter.values();
    let (count,): (i64,) = exec.one(sql(COUNT).bind(organization).bind(pattern).bind(workspace)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// One page of a workspace's tags, by name.
pub async fn of_workspace(exec: impl Exec, workspace: &WorkspaceId, page: Page) -> Result<Vec<Tag>, DbError> {
    exec.all(sql(OF_WORKSPACE).bind(workspace).bind(page.limit()).bind(page.offset())).await
}

/// How many a workspace has.
pub async fn count_of_workspace(exec: impl Exec, workspace: &WorkspaceId) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(sql(COUNT_OF_WORKSPACE).bind(workspace)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// One of an organization by id.
pub async fn in_organization(
    exec: impl Exec,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<Tag>, DbError> {
    exec.optional(sql(IN_ORGANIZATION).bind(organization).bind(id)).await
}

/// One of an organization by name.
pub async fn by_name(
    exec: impl Exec,
    organization: &OrganizationId,
    name: &str,
) -> Result<Option<Tag>, DbError> {
    exec.optional(sql(BY_NAME).bind(organization).bind(name)).await
}

/// Makes a tag unless there is one of that name.
pub async fn insert(
    tx: &mut Tx,
    organization: &OrganizationId,
    name: &str,
    now: Time,
) -> Result<(), DbError> {
    tx.run(sql(INSERT).bind(&TagId::random()).bind(organization).bind(name).bind(now)).await.map(drop)
}

/// Deletes a tag from the organization and from all its workspaces.
pub async fn delete(tx: &mut Tx, organization: &OrganizationId, id: &str) -> Result<(), DbError> {
    tx.run(sql(DELETE).bind(organization).bind(id)).await.map(drop)
}

/// Gives a workspace a tag; once is enough.
pub async fn tie(tx: &mut Tx, workspace: &WorkspaceId, id: &TagId) -> Result<(), DbError> {
    tx.run(sql(TIE).bind(workspace).bind(id)).await.map(drop)
}

/// Takes a tag from a workspace.
pub async fn untie(tx: &mut Tx, workspace: &WorkspaceId, id: &TagId) -> Result<(), DbError> {
    tx.run(sql(UNTIE).bind(workspace).bind(id)).await.map(drop)
}
