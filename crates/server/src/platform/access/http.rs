//! The check before every handler.

mod page;

pub use page::Visitor;

use super::model::{
    AgentCaller, Caller, Granted, Needs, OrganizationScope, Right, WorkspaceScope, allows, digest_of_token,
};
use super::store::{
    self, Found, OrganizationOf, OrganizationRow, Sought, TokenRow, WorkspaceOf, WorkspaceRow,
};
use crate::app::App;
use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::http::{Allowance, ApiError, PeerAddress, Principal};
use crate::platform::pages::PageError;
use crate::sessions::Session;
use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use terrane_jsonapi::Errors;

/// `last-used-at` of a token is exact to this many microseconds: a write on every request would cost more than the
/// request.
const LAST_USED_GRAIN_MICROS: i64 = 60_000_000;

/// What stands before one route.
#[derive(Debug, Clone)]
pub struct Guard {
    app: App,
    /// With its `{parameters}`: what a log may say of a request.
    route: String,
    needs: Needs,
    /// Agents, signed URLs and what operators ask are not counted.
    is_counted: bool,
    is_run_list: bool,
}

impl Guard {
    /// The guard of a route.
    pub fn new(app: &App, path: &str, method: &Method, needs: Needs) -> Self {
        const RUN_LISTS: [&str; 2] =
            ["/api/v2/workspaces/{workspace_id}/runs", "/api/v2/organizations/{organization}/runs"];
        Self {
            app: app.clone(),
            route: path.to_owned(),
            needs,
            is_counted: path.starts_with("/api/") || needs.is_for_browsers(),
            is_run_list: *method == Method::GET && RUN_LISTS.contains(&path),
        }
    }

    /// Counts a request of somebody.
    fn count(&self, who: &Principal, allowance: &mut Option<Allowance>) -> Result<(), ApiError> {
        if !self.is_counted {
            return Ok(());
        }
        *allowance = self.app.rate_limiter.request(who, self.is_run_list, self.app.clock.now());
        allowance.map_or(Ok(()), Allowance::check)
    }

    /// Checks all that is checked before the handler.
    async fn admit(&self, parts: &mut Parts, allowance: &mut Option<Allowance>) -> Result<(), ApiError> {
        let address = Principal::Address(parts.extensions.get::<PeerAddress>().map(|peer| peer.0));
        match self.needs {
            Needs::Anonymous | Needs::SignedUrl | Needs::AuthorizationCode => {
                self.count(&address, allowance)?;
                readable_path(parts).await?;
            }
            Needs::Agent => {
                let agent = agent(&self.app, parts).await?;
                readable_path(parts).await?;
                parts.extensions.insert(agent);
            }
            needs => {
                let path = readable_path(parts).await;
                let sought = path.as_ref().ok().and_then(|path| sought(needs, path));
                let (caller, found) = match enter(&self.app, parts, sought).await {
                    Ok(entered) => entered,
                    Err(error) => {
                        self.count(&address, allowance)?;
                        return Err(error);
                    }
                };
                self.count(&Principal::User(caller.user_id.clone()), allowance)?;
                match (sought, found) {
                    (Some((_, right)), Some(Found::Workspace(row))) => {
                        parts.extensions.insert(workspace_granted(caller, Some(row), right)?);
                    }
                    (Some((_, right)), Some(Found::Organization(row))) => {
                        parts.extensions.insert(organization_grant(caller, Some(row), right)?);
                    }
                    (Some(_), None) => return Err(ApiError::not_found()),
                    (None, _) if needs == Needs::SiteAdmin && !caller.is_site_admin => {
                        return Err(ApiError::not_found());
                    }
                    // Its handler asks for what stands in the body or the query.
                    (None, _) => {
                        path?;
                        parts.extensions.insert(caller);
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the handler; one of the API up to its deadline (api-contract 2.5).
    async fn run(&self, request: Request, next: Next) -> Response {
        let limit = self.app.config.limits.request_timeout;
        if !self.is_counted {
            return next.run(request).await;
        }
        match tokio::time::timeout(limit, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                tracing::warn!(route = self.route, "a request was given up: it took longer than {limit:?}");
                let detail = format!(
                    "the request took longer than {} s and was given up; read the resource before you try again",
                    limit.as_secs_f32()
                );
                self.refused(Errors::new(504, "gateway timeout", detail).into())
            }
        }
    }

    /// In the language of whoever asked.
    fn refused(&self, error: ApiError) -> Response {
        if self.needs.is_page() { PageError::from(error).into_response() } else { error.into_response() }
    }

    async fn admit_anyone(
        &self,
        parts: &mut Parts,
        allowance: &mut Option<Allowance>,
    ) -> Result<(), Response> {
        if self.needs.is_page() {
            self.admit_to_page(parts, allowance).await.map_err(IntoResponse::into_response)
        } else {
            self.admit(parts, allowance).await.map_err(IntoResponse::into_response)
        }
    }
}

/// Lets a request pass to its handler when the route's needs are met and its caller has not asked too often.
pub async fn authorize(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut allowance = None;
    let mut response = match guard.admit_anyone(&mut parts, &mut allowance).await {
        Ok(()) => guard.run(Request::from_parts(parts, body), next).await,
        Err(response) => response,
    };
    if let Some(allowance) = allowance {
        allowance.tell(&mut response);
    }
    response
}

/// The path's parameters. No object has a name that is not UTF-8 or holds a NUL character, and PostgreSQL refuses
/// even to look for one.
async fn readable_path(parts: &mut Parts) -> Result<RawPathParams, ApiError> {
    let path: RawPathParams = parts.extract().await.map_err(|_| ApiError::not_found())?;
    if path.iter().any(|(_, value)| value.contains('\0')) {
        return Err(ApiError::not_found());
    }
    if parts.uri.query().is_some_and(|query| query.contains("%00")) {
        return Err(Errors::malformed("the query must not hold the NUL character").into());
    }
    Ok(path)
}

/// The object that a route is about: the look at the token finds its scope too, one query for both.
fn sought(needs: Needs, path: &RawPathParams) -> Option<(Sought<'_>, Right)> {
    let organization = |of, right| Some((Sought::Organization(of), right));
    let named = |name: &str| path.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let (of, right) = match needs {
        Needs::Organization(right) => {
            return organization(OrganizationOf::Name(named("organization")), right);
        }
        Needs::Project(right) => return organization(OrganizationOf::Project(named("project_id")), right),
        Needs::Varset(right) => return organization(OrganizationOf::Varset(named("varset_id")), right),
        Needs::RecoverableItem(right) => {
            return organization(OrganizationOf::RecoverableItem(named("recoverable_item_id")), right);
        }
        Needs::SshKey(right) => return organization(OrganizationOf::SshKey(named("ssh_key_id")), right),
        Needs::Tag(right) => return organization(OrganizationOf::Tag(named("tag_id")), right),
        Needs::Workspace(right) => (WorkspaceOf::Id(named("workspace_id")), right),
        Needs::WorkspaceByName(right) => {
            let (organization, workspace) = (named("organization"), named("workspace"));
            (WorkspaceOf::Name { organization, workspace }, right)
        }
        Needs::Run(right) => (WorkspaceOf::Run(named("run_id")), right),
        Needs::Plan(right) => (WorkspaceOf::Plan(named("plan_id")), right),
        Needs::Apply(right) => (WorkspaceOf::Apply(named("apply_id")), right),
        Needs::Comment(right) => (WorkspaceOf::Comment(named("comment_id")), right),
        Needs::ConfigurationVersion(right) => {
            (WorkspaceOf::ConfigurationVersion(named("configuration_version_id")), right)
        }
        Needs::RunEvent(right) => (WorkspaceOf::RunEvent(named("run_event_id")), right),
        Needs::RunTrigger(right) => (WorkspaceOf::RunTrigger(named("run_trigger_id")), right),
        Needs::StateVersion(right) => (WorkspaceOf::StateVersion(named("state_version_id")), right),
        Needs::StateVersionOutput(right) => {
            (WorkspaceOf::StateVersionOutput(named("state_version_output_id")), right)
        }
        _ => return None,
    };
    Some((Sought::Workspace(of), right))
}

/// A grant on an organization named in a body.
pub async fn grant_organization(
    app: &App,
    caller: &Caller,
    name: &str,
    right: Right,
) -> Result<Granted<OrganizationScope>, ApiError> {
    organization_grant(
        caller.clone(),
        store::organization(&app.db, OrganizationOf::Name(name), &caller.user_id).await?,
        right,
    )
}

/// A grant on a workspace named in a body.
pub async fn grant_workspace(
    app: &App,
    caller: &Caller,
    workspace_id: &str,
    right: Right,
) -> Result<Granted<WorkspaceScope>, ApiError> {
    workspace_grant(app, caller.clone(), WorkspaceOf::Id(workspace_id), right).await
}

/// A grant on a workspace named in a query.
pub async fn grant_workspace_by_name(
    app: &App,
    caller: &Caller,
    organization: &str,
    workspace: &str,
    right: Right,
) -> Result<Granted<WorkspaceScope>, ApiError> {
    workspace_grant(app, caller.clone(), WorkspaceOf::Name { organization, workspace }, right).await
}

fn organization_grant(
    caller: Caller,
    row: Option<OrganizationRow>,
    right: Right,
) -> Result<Granted<OrganizationScope>, ApiError> {
    let row = row.filter(|row| allows(&caller, row.is_owner, right)).ok_or_else(ApiError::not_found)?;
    let scope =
        OrganizationScope { organization_id: row.organization_id, organization_name: row.organization_name };
    Ok(Granted::new(caller, row.is_owner, scope))
}

async fn workspace_grant(
    app: &App,
    caller: Caller,
    of: WorkspaceOf<'_>,
    right: Right,
) -> Result<Granted<WorkspaceScope>, ApiError> {
    let row = store::workspace(&app.db, of, &caller.user_id).await?;
    workspace_granted(caller, row, right)
}

fn workspace_granted(
    caller: Caller,
    row: Option<WorkspaceRow>,
    right: Right,
) -> Result<Granted<WorkspaceScope>, ApiError> {
    let row = row.filter(|row| allows(&caller, row.is_owner, right)).ok_or_else(ApiError::not_found)?;
    let WorkspaceRow { workspace_id, organization_id, organization_name, is_owner } = row;
    let scope = WorkspaceScope { workspace_id, organization_id, organization_name };
    Ok(Granted::new(caller, is_owner, scope))
}

/// The user behind the token, and the scope of what is sought.
async fn enter(
    app: &App,
    parts: &Parts,
    sought: Option<(Sought<'_>, Right)>,
) -> Result<(Caller, Option<Found>), ApiError> {
    let digest = digest_of_token(bearer(parts).ok_or_else(ApiError::unauthorized)?);
    let (token, found) = match sought {
        Some((sought, _)) => store::enter(&app.db, &digest, sought).await?,
        None => (store::token(&app.db, &digest).await?, None),
    };
    Ok((user(live(app, token)?)?, found))
}

fn user(token: TokenRow) -> Result<Caller, ApiError> {
    match (token.user_id, token.username, token.is_site_admin) {
        (Some(user_id), Some(username), Some(is_site_admin)) if token.kind == "user" => {
            Ok(Caller { user_id: UserId::from(user_id), username, is_site_admin })
        }
        _ => Err(ApiError::unauthorized()),
    }
}

async fn agent(app: &App, parts: &Parts) -> Result<AgentCaller, ApiError> {
    let digest = digest_of_token(bearer(parts).ok_or_else(ApiError::unauthorized)?);
    let token = live(app, store::token(&app.db, &digest).await?)?;
    if token.kind == "agent" {
        Ok(AgentCaller { token_id: token.id, agent_pool_id: token.agent_pool_id })
    } else {
        Err(ApiError::unauthorized())
    }
}

/// A token that is known and has not expired.
fn live(app: &App, token: Option<TokenRow>) -> Result<TokenRow, ApiError> {
    let now = app.clock.now();
    let token = token.ok_or_else(ApiError::unauthorized)?;
    if token.expired_at.is_some_and(|at| at <= now.0) {
        return Err(ApiError::unauthorized());
    }
    if token.last_used_at.is_none_or(|at| at + LAST_USED_GRAIN_MICROS < now.0) {
        let (app, id) = (app.clone(), token.id.clone());
        tokio::spawn(async move { touch(&app, &id, now).await });
    }
    Ok(token)
}

async fn touch(app: &App, id: &crate::ids::TokenId, now: Time) {
    let touched = async {
        let mut tx = app.db.begin().await?;
        store::touch_token(&mut tx, id, now).await?;
        tx.commit().await
    };
    if let Err(error) = touched.await {
        tracing::warn!(%error, "failed to note when a token was last used");
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

macro_rules! from_extensions {
    ($($kind:ty),+) => { $(
        impl FromRequestParts<App> for $kind {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
                let found = parts.extensions.get::<Self>().cloned();
                found.ok_or_else(|| ApiError::Broken(concat!("a route's needs do not grant ", stringify!($kind)).into()))
            }
        }
    )+ };
}

from_extensions!(Caller, AgentCaller, Session, Visitor, Granted<OrganizationScope>, Granted<WorkspaceScope>);
