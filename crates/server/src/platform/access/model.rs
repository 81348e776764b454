//! Rights, scopes and callers. The rules of api-contract section 11 as far as there are people to apply them to:
//! an organization has owners; teams bring the finer rights.

use crate::ids::{OrganizationId, TokenId, UserId, WorkspaceId};
use sha2::{Digest, Sha256};

/// What a caller may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See an organization.
    ReadOrganization,
    /// Change or delete an organization.
    ManageOrganization,
    /// Make workspaces in it.
    CreateWorkspaces,
    /// Make, change and delete projects, and move workspaces between them.
    ManageProjects,
    /// Delete tags, and tag many workspaces at once.
    ManageTags,
    /// Make, change and delete ssh keys.
    ManageSshKeys,
    /// See workspaces, runs, plans, configurations, logs. Without it a workspace does not exist.
    ReadRuns,
    /// Make runs and configuration versions.
    PlanRuns,
    /// Apply, cancel and discard runs.
    ApplyRuns,
    /// See variables.
    ReadVariables,
    /// Change variables.
    WriteVariables,
    /// See variable sets with their variables.
    ReadVarsets,
    /// Make, change and apply variable sets.
    ManageVarsets,
    /// See the outputs of state versions.
    ReadStateOutputs,
    /// See state versions and download states.
    ReadState,
    /// Write state, roll it back, accept a recovered one.
    WriteState,
    /// Lock, and unlock the own lock.
    Lock,
    /// Settings, force-unlock, deletion, the full JSON plan.
    Administer,
}

/// What a route needs before its handler may run, and where the object stands that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Anonymous,
    /// The URL is signed; the handler checks it.
    SignedUrl,
    /// Any user's token.
    User,
    /// The token of a site administrator; for others there is nothing.
    SiteAdmin,
    /// An agent's token.
    Agent,
    /// `{organization}`, a name.
    Organization(Right),
    /// `{project_id}`.
    Project(Right),
    /// `{ssh_key_id}`.
    SshKey(Right),
    /// `{tag_id}`.
    Tag(Right),
    /// `{workspace_id}`.
    Workspace(Right),
    /// `{organization}` and `{workspace}`, names.
    WorkspaceByName(Right),
    /// `{run_id}`.
    Run(Right),
    /// `{plan_id}`.
    Plan(Right),
    /// `{apply_id}`.
    Apply(Right),
    /// `{comment_id}`.
    Comment(Right),
    /// `{configuration_version_id}`.
    ConfigurationVersion(Right),
    /// `{run_event_id}`.
    RunEvent(Right),
    /// `{run_trigger_id}`: the workspace it starts runs in.
    RunTrigger(Right),
    /// `{state_version_id}`.
    StateVersion(Right),
    /// `{state_version_output_id}`.
    StateVersionOutput(Right),
    /// `{varset_id}`.
    Varset(Right),
    /// `{recoverable_item_id}`: the organization it comes from, which may be gone.
    RecoverableItem(Right),
    /// A workspace named in the query: the handler asks for the grant.
    InQuery(Right),
    /// A workspace named in the body: the handler asks for the grant.
    InBody(Right),
    /// A page for anybody. What is sent to a page must come from a page of this server, here and below.
    Visitor,
    /// A page for whoever is signed in.
    Session,
    /// The same about `{organization}`, a name.
    SessionOrganization(Right),
    /// About `{organization}` and `{workspace}`, names.
    SessionWorkspace(Right),
    /// About `{run_id}` in `{organization}` and `{workspace}`, names.
    SessionRun(Right),
    /// A code that a page gave out; the handler checks it.
    AuthorizationCode,
}

impl Needs {
    /// Whether people look at it with a browser.
    pub fn is_page(self) -> bool {
        matches!(
            self,
            Self::Visitor
                | Self::Session
                | Self::SessionOrganization(_)
                | Self::SessionWorkspace(_)
                | Self::SessionRun(_)
        )
    }

    /// A page, or what follows from one: no part of the API.
    pub fn is_for_browsers(self) -> bool {
        self.is_page() || self == Self::AuthorizationCode
    }
}

/// A user behind a token or a session.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// Sees and manages every organization.
    pub is_site_admin: bool,
}

/// An agent behind a token.
#[derive(Debug, Clone)]
pub struct AgentCaller {
    /// By which token.
    pub token_id: TokenId,
    /// Of which pool; the embedded agent has none.
    pub agent_pool_id: Option<String>,
}

/// An organization a caller has a right on.
#[derive(Debug, Clone)]
pub struct OrganizationScope {
    /// Its external id.
    pub organization_id: OrganizationId,
    /// Its name, which is its JSON:API id.
    pub organization_name: String,
}

/// A workspace a caller has a right on.
#[derive(Debug, Clone)]
pub struct WorkspaceScope {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// The organization's name.
    pub organization_name: String,
}

/// Proof that a caller has the right a route needs on a scope.
#[derive(Debug, Clone)]
pub struct Granted<S> {
    caller: Caller,
    is_owner: bool,
    scope: S,
}

impl<S> Granted<S> {
    pub(super) fn new(caller: Caller, is_owner: bool, scope: S) -> Self {
        Self { caller, is_owner, scope }
    }

    /// Whether the caller has another right on the same scope, for answers that show more to some.
    pub fn may(&self, right: Right) -> bool {
        allows(&self.caller, self.is_owner, right)
    }

    /// Who was granted.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl<S> std::ops::Deref for Granted<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.scope
    }
}

/// Whether a caller has a right on what belongs to an organization. Owners and site administrators have all of
/// them, everybody else none.
pub(super) fn allows(caller: &Caller, is_owner: bool, _right: Right) -> bool {
    is_owner || caller.is_site_admin
}

/// What stands in the database of a token. Tokens are 256 random bits, so a fast digest is enough.
pub fn digest_of_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
