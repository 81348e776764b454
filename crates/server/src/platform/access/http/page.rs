//! The check before the handler of a page: the cookie stands in the token's place, and what is sent must come from a page
//! of this server.

use super::{Guard, organization_grant, workspace_granted};
use crate::app::App;
use crate::platform::access::digest_of_token;
use crate::platform::access::model::{Caller, Needs, Right};
use crate::platform::access::store::{self, OrganizationOf, WorkspaceOf};
use crate::platform::http::{Allowance, ApiError, PeerAddress, Principal};
use crate::platform::pages::{PageError, is_from_here};
use crate::sessions::{self, Cookie, Session, SignedIn};
use axum::extract::RawPathParams;
use axum::http::request::Parts;
use axum::http::{Method, header};
use std::net::IpAddr;

/// Whoever looks at a page for anybody.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where they come from; `None` where there is no socket.
    pub address: Option<IpAddr>,
    /// What their cookie says, not looked up.
    pub session: Option<Session>,
}

impl Guard {
    /// Checks all that is checked before the handler of a page.
    pub(super) async fn admit_to_page(
        &self,
        parts: &mut Parts,
        allowance: &mut Option<Allowance>,
    ) -> Result<(), PageError> {
        let address = parts.extensions.get::<PeerAddress>().map(|peer| peer.0);
        let changes = ![Method::GET, Method::HEAD].contains(&parts.method);
        let visitor = Visitor { address, session: session_of(parts, &self.app) };
        let path = super::readable_path(parts).await;
        let signed_in = match (&visitor.session, self.needs) {
            (_, Needs::Visitor) | (None, _) => None,
            (Some(session), _) => {
                sessions::store::find(&self.app.db, &session.digest, self.app.clock.now()).await?
            }
        };
        let who = match &signed_in {
            Some(signed_in) => Principal::User(signed_in.user_id.clone()),
            None => Principal::Address(address),
        };
        self.count(&who, allowance)?;
        if changes && !is_from_here(&parts.headers, &self.app.public_url) {
            return Err(PageError::Foreign);
        }
        if self.needs == Needs::Visitor {
            path?;
            parts.extensions.insert(visitor);
            return Ok(());
        }
        let Some((signed_in, session)) = signed_in.zip(visitor.session) else {
            let back = parts.uri.path_and_query().filter(|_| !changes);
            return Err(PageError::SignIn { back: back.map(ToString::to_string) });
        };
        parts.extensions.insert(session);
        self.grant(parts, &path?, signed_in).await
    }

    /// The grant on what the path names.
    async fn grant(
        &self,
        parts: &mut Parts,
        path: &RawPathParams,
        signed_in: SignedIn,
    ) -> Result<(), PageError> {
        let SignedIn { user_id, username, is_site_admin, .. } = signed_in;
        let caller = Caller { user_id, username, is_site_admin };
        let named = |name: &str| path.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        let (organization, workspace) = (named("organization"), named("workspace"));
        let by_name = WorkspaceOf::Name { organization, workspace };
        match self.needs {
            Needs::SessionOrganization(right) => {
                let row =
                    store::organization(&self.app.db, OrganizationOf::Name(organization), &caller.user_id)
                        .await?;
                parts.extensions.insert(organization_grant(caller, row, right)?);
            }
            Needs::SessionWorkspace(right) => {
                let granted = self.workspace_of_page(by_name, caller, right).await?;
                parts.extensions.insert(granted);
            }
            Needs::SessionRun(right) => {
                let granted =
                    self.workspace_of_page(WorkspaceOf::Run(named("run_id")), caller, right).await?;
                // The run is of the workspace that the path says.
                let said = store::workspace(&self.app.db, by_name, &granted.caller().user_id).await?;
                if said.is_none_or(|said| said.workspace_id != granted.workspace_id) {
                    return Err(ApiError::not_found().into());
                }
                parts.extensions.insert(granted);
            }
            _ => {
                parts.extensions.insert(caller);
            }
        }
        Ok(())
    }

    async fn workspace_of_page(
        &self,
        of: WorkspaceOf<'_>,
        caller: Caller,
        right: Right,
    ) -> Result<super::Granted<super::WorkspaceScope>, PageError> {
        let row = store::workspace(&self.app.db, of, &caller.user_id).await?;
        Ok(workspace_granted(caller, row, right)?)
    }
}

fn session_of(parts: &Parts, app: &App) -> Option<Session> {
    let cookie = Cookie::of(&app.public_url);
    let headers = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let text = headers.filter_map(|header| cookie.find(header)).find(|text| !text.is_empty())?;
    Some(Session { digest: digest_of_token(text) })
}
