//! Looks up tokens and the scopes of objects: one query for both.

use crate::clock::Time;
use crate::ids::{OrganizationId, TokenId, UserId, WorkspaceId};
use crate::platform::db::{Db, DbError, Exec, Query, Tx, sql};
use std::collections::HashMap;
use std::sync::LazyLock;

const TOKEN: &str = "SELECT t.id, t.kind, t.user_id, t.agent_pool_id, t.last_used_at, t.expired_at, u.username, u.is_site_admin \
     FROM tokens t LEFT JOIN users u ON u.id = t.user_id WHERE t.digest = $1";
const TOUCH_TOKEN: &str = "UPDATE tokens SET last_used_at = $1 WHERE id = $2";
macro_rules! organization_scope {
    ($from:literal, $condition:literal) => {
        concat!(
            "SELECT o.id AS organization_id, o.name AS organization_name, ",
            "EXISTS (SELECT 1 FROM organization_owners w WHERE w.organization_id = o.id AND w.user_id = $2) AS is_owner FROM ",
            $from,
            " WHERE ",
            $condition
        )
    };
}

const ORGANIZATION: &str = organization_scope!("organizations o", "o.name = $1");
const ORGANIZATION_OF_PROJECT: &str =
    organization_scope!("projects p JOIN organizations o ON o.id = p.organization_id", "p.id = $1");
const ORGANIZATION_OF_SSH_KEY: &str =
    organization_scope!("ssh_keys k JOIN organizations o ON o.id = k.organization_id", "k.id = $1");
const ORGANIZATION_OF_TAG: &str =
    organization_scope!("tags t JOIN organizations o ON o.id = t.organization_id", "t.id = $1");

const ORGANIZATION_OF_VARSET: &str =
    organization_scope!("varsets s JOIN organizations o ON o.id = s.organization_id", "s.id = $1");

/// Its organization may be gone; who owned it then still does.
const ORGANIZATION_OF_RECOVERABLE_ITEM: &str = "SELECT i.organization_id, i.organization_name, (EXISTS \
     (SELECT 1 FROM organization_owners w WHERE w.organization_id = i.organization_id AND w.user_id = $2) OR EXISTS \
     (SELECT 1 FROM recoverable_item_owners x WHERE x.item_id = i.id AND x.user_id = $2)) AS is_owner \
     FROM recoverable_items i WHERE i.id = $1";

macro_rules! workspace_scope {
    ($from:literal, $condition:literal, $user:literal) => {
        concat!(
            "SELECT w.id AS workspace_id, o.id AS organization_id, o.name AS organization_name, ",
            "EXISTS (SELECT 1 FROM organization_owners m WHERE m.organization_id = o.id AND m.user_id = ",
            $user,
            ") AS is_owner FROM ",
            $from,
            " JOIN organizations o ON o.id = w.organization_id WHERE ",
            $condition
        )
    };
}

const WORKSPACE: &str = workspace_scope!("workspaces w", "w.id = $1", "$2");
const WORKSPACE_BY_NAME: &str = workspace_scope!("workspaces w", "o.name = $1 AND w.name = $3", "$2");
const RUN: &str = workspace_scope!("runs r JOIN workspaces w ON w.id = r.workspace_id", "r.id = $1", "$2");
const PLAN: &str = workspace_scope!(
    "plans p JOIN runs r ON r.id = p.run_id JOIN workspaces w ON w.id = r.workspace_id",
    "p.id = $1",
    "$2"
);
const APPLY: &str = workspace_scope!(
    "applies a JOIN runs r ON r.id = a.run_id JOIN workspaces w ON w.id = r.workspace_id",
    "a.id = $1",
    "$2"
);
const COMMENT: &str = workspace_scope!(
    "comments c JOIN runs r ON r.id = c.run_id JOIN workspaces w ON w.id = r.workspace_id",
    "c.id = $1",
    "$2"
);
const CONFIGURATION_VERSION: &str = workspace_scope!(
    "configuration_versions c JOIN workspaces w ON w.id = c.workspace_id",
    "c.id = $1",
    "$2"
);
const RUN_EVENT: &str = workspace_scope!(
    "run_events e JOIN runs r ON r.id = e.run_id JOIN workspaces w ON w.id = r.workspace_id",
    "e.id = $1",
    "$2"
);
const RUN_TRIGGER: &str =
    workspace_scope!("run_triggers t JOIN workspaces w ON w.id = t.workspace_id", "t.id = $1", "$2");
const STATE_VERSION: &str =
    workspace_scope!("state_versions s JOIN workspaces w ON w.id = s.workspace_id", "s.id = $1", "$2");
const STATE_VERSION_OUTPUT: &str = workspace_scope!(
    "state_version_outputs t JOIN state_versions s ON s.id = t.state_version_id \
     JOIN workspaces w ON w.id = s.workspace_id",
    "t.id = $1",
    "$2"
);

/// Every statement here but the scopes.
pub const STATEMENTS: &[&str] = &[TOKEN, TOUCH_TOKEN];

/// A token with its user.
#[derive(Debug, sqlx::FromRow)]
pub struct TokenRow {
    #[sqlx(try_from = "String")]
    pub id: TokenId,
    pub kind: String,
    pub user_id: Option<String>,
    pub agent_pool_id: Option<String>,
    pub last_used_at: Option<i64>,
    pub expired_at: Option<i64>,
    pub username: Option<String>,
    pub is_site_admin: Option<bool>,
}

/// An organization and whether the caller owns it.
#[derive(Debug, sqlx::FromRow)]
pub struct OrganizationRow {
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    pub organization_name: String,
    pub is_owner: bool,
}

/// A workspace and whether the caller owns its organization.
#[derive(Debug, sqlx::FromRow)]
pub struct WorkspaceRow {
    #[sqlx(try_from = "String")]
    pub workspace_id: WorkspaceId,
    #[sqlx(try_from = "String")]
    pub organization_id: OrganizationId,
    pub organization_name: String,
    pub is_owner: bool,
}

/// Where an organization is looked for.
#[derive(Debug, Clone, Copy)]
pub enum OrganizationOf<'a> {
    Name(&'a str),
    Project(&'a str),
    SshKey(&'a str),
    Tag(&'a str),
    Varset(&'a str),
    RecoverableItem(&'a str),
}

/// Where a workspace is looked for.
#[derive(Debug, Clone, Copy)]
pub enum WorkspaceOf<'a> {
    Id(&'a str),
    Name { organization: &'a str, workspace: &'a str },
    Run(&'a str),
    Plan(&'a str),
    Apply(&'a str),
    Comment(&'a str),
    ConfigurationVersion(&'a str),
    RunEvent(&'a str),
    RunTrigger(&'a str),
    StateVersion(&'a str),
    StateVersionOutput(&'a str),
}

pub async fn token(exec: impl Exec, digest: &[u8]) -> Result<Option<TokenRow>, DbError> {
    exec.optional(sql(TOKEN).bind(digest)).await
}

pub async fn touch_token(tx: &mut Tx, id: &TokenId, now: Time) -> Result<(), DbError> {
    tx.run(sql(TOUCH_TOKEN).bind(now).bind(id)).await.map(drop)
}

pub async fn organization(
    db: &Db,
    of: OrganizationOf<'_>,
    user: &UserId,
) -> Result<Option<OrganizationRow>, DbError> {
    db.optional(sql(of.statement()).bind(of.id()).bind(user)).await
}

pub async fn workspace(db: &Db, of: WorkspaceOf<'_>, user: &UserId) -> Result<Option<WorkspaceRow>, DbError> {
    let query = sql(of.statement()).bind(of.id()).bind(user);
    db.optional(of.bind_name(query)).await
}

impl<'a> OrganizationOf<'a> {
    fn statement(self) -> &'static str {
        match self {
            Self::Name(_) => ORGANIZATION,
            Self::Project(_) => ORGANIZATION_OF_PROJECT,
            Self::SshKey(_) => ORGANIZATION_OF_SSH_KEY,
            Self::Tag(_) => ORGANIZATION_OF_TAG,
            Self::Varset(_) => ORGANIZATION_OF_VARSET,
            Self::RecoverableItem(_) => ORGANIZATION_OF_RECOVERABLE_ITEM,
        }
    }

    /// `$1`.
    fn id(self) -> &'a str {
        match self {
            Self::Name(id)
            | Self::Project(id)
            | Self::SshKey(id)
            | Self::Tag(id)
            | Self::Varset(id)
            | Self::RecoverableItem(id) => id,
        }
    }
}

impl<'a> WorkspaceOf<'a> {
    fn statement(self) -> &'static str {
        match self {
            Self::Id(_) => WORKSPACE,
            Self::Name { .. } => WORKSPACE_BY_NAME,
            Self::Run(_) => RUN,
            Self::Plan(_) => PLAN,
            Self::Apply(_) => APPLY,
            Self::Comment(_) => COMMENT,
            Self::ConfigurationVersion(_) => CONFIGURATION_VERSION,
            Self::RunEvent(_) => RUN_EVENT,
            Self::RunTrigger(_) => RUN_TRIGGER,
            Self::StateVersion(_) => STATE_VERSION,
            Self::StateVersionOutput(_) => STATE_VERSION_OUTPUT,
        }
    }

    /// `$1`.
    fn id(self) -> &'a str {
        match self {
            Self::Name { organization, .. } => organization,
            Self::Id(id)
            | Self::Run(id)
            | Self::Plan(id)
            | Self::Apply(id)
            | Self::Comment(id)
            | Self::ConfigurationVersion(id)
            | Self::RunEvent(id)
            | Self::RunTrigger(id)
            | Self::StateVersion(id)
            | Self::StateVersionOutput(id) => id,
        }
    }

    /// `$3`, where there is one.
    fn bind_name(self, query: Query) -> Query {
        match self {
            Self::Name { workspace, .. } => query.bind(workspace),
            _ => query,
        }
    }
}

/// What is looked for together with a token.
#[derive(Debug, Clone, Copy)]
pub enum Sought<'a> {
    Organization(OrganizationOf<'a>),
    Workspace(WorkspaceOf<'a>),
}

/// What was found beside a token.
#[derive(Debug)]
pub enum Found {
    Organization(OrganizationRow),
    Workspace(WorkspaceRow),
}

#[derive(Debug, sqlx::FromRow)]
struct Entry {
    #[sqlx(flatten)]
    token: TokenRow,
    #[sqlx(default)]
    workspace_id: Option<String>,
    organization_id: Option<String>,
    organization_name: Option<String>,
    is_owner: Option<bool>,
}

/// A token with its user, and in the same look the scope of an object for that user: every request begins with both.
pub async fn enter(
    db: &Db,
    digest: &[u8],
    sought: Sought<'_>,
) -> Result<(Option<TokenRow>, Option<Found>), DbError> {
    let query = match sought {
        Sought::Organization(of) => sql(entry_of(of.statement())).bind(of.id()).bind(digest),
        Sought::Workspace(of) => of.bind_name(sql(entry_of(of.statement())).bind(of.id()).bind(digest)),
    };
    let Some(entry) = db.optional::<Entry>(query).await? else { return Ok((None, None)) };
    let found = match (entry.workspace_id, entry.organization_id, entry.organization_name, entry.is_owner) {
        (Some(workspace), Some(organization), Some(organization_name), Some(is_owner)) => {
            let (workspace_id, organization_id) = (workspace.into(), organization.into());
            Some(Found::Workspace(WorkspaceRow {
                workspace_id,
                organization_id,
                organization_name,
                is_owner,
            }))
        }
        (None, Some(organization), Some(organization_name), Some(is_owner)) => {
            let organization_id = organization.into();
            Some(Found::Organization(OrganizationRow { organization_id, organization_name, is_owner }))
        }
        _ => None,
    };
    Ok((Some(entry.token), found))
}

/// The statement of a scope with the token in place of the user: `$2` is the token's digest.
fn entry(scope: &str) -> String {
    let scope = scope.replace("$2", "(SELECT user_id FROM tokens WHERE digest = $2)");
    format!(
        "SELECT k.id, k.kind, k.user_id, k.agent_pool_id, k.last_used_at, k.expired_at, u.username, u.is_site_admin, \
         x.* FROM tokens k LEFT JOIN users u ON u.id = k.user_id LEFT JOIN ({scope}) x ON TRUE WHERE k.digest = $2"
    )
}

/// Every scope: looked for alone, or together with a token.
pub const SCOPE_STATEMENTS: &[&str] = &[
    ORGANIZATION,
    ORGANIZATION_OF_PROJECT,
    ORGANIZATION_OF_VARSET,
    ORGANIZATION_OF_SSH_KEY,
    ORGANIZATION_OF_TAG,
    ORGANIZATION_OF_RECOVERABLE_ITEM,
    WORKSPACE,
    WORKSPACE_BY_NAME,
    RUN,
    PLAN,
    APPLY,
    COMMENT,
    CONFIGURATION_VERSION,
    RUN_EVENT,
    RUN_TRIGGER,
    STATE_VERSION,
    STATE_VERSION_OUTPUT,
];

/// Made once: every request begins with one of them.
static ENTRIES: LazyLock<HashMap<&str, String>> =
    LazyLock::new(|| SCOPE_STATEMENTS.iter().map(|scope| (*scope, entry(scope))).collect());

fn entry_of(scope: &'static str) -> &'static str {
    ENTRIES.get(scope).expect("SCOPE_STATEMENTS holds every scope")
}

/// Every statement that [`enter`] makes, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    ENTRIES.values().cloned().collect()
}
