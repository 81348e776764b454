//! `PUT` of a state, or of its JSON form, to a signed URL: in either order, and again.

use crate::app::App;
use crate::ids::StateVersionId;
use crate::platform::http::{ApiResult, Purpose};
use crate::platform::objects::{self, hex};
use crate::state_versions::finalize::{attach_json, finalize, wanted};
use crate::state_versions::store::StateVersion;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use md5::{Digest, Md5};
use secrecy::ExposeSecret;

/// The same on every read of the document while the bytes are awaited.
pub(super) fn upload_url(app: &App, purpose: Purpose, version: &StateVersion) -> String {
    let expires = version.created_at.plus(app.config.limits.object_url_life);
    app.url(app.signer.stable_path(purpose, version.id.as_str(), expires).expose_secret())
}

/// Takes a state. The state version is `finalized` and current before this is answered; until then it stays `pending`
/// whatever happens to the upload.
pub async fn upload_state(app: &App, id: &str, body: Body) -> ApiResult {
    let id = StateVersionId::from(id.to_owned());
    wanted(app, &id).await?;
    let mut md5 = Md5::new();
    let limit = app.config.limits.state_bytes_max;
    let object = objects::receive_hashed(app, body, limit, |bytes| md5.update(bytes)).await?;
    finalize(app, &id, &object, &hex(&md5.finalize())).await?;
    Ok(StatusCode::OK.into_response())
}

/// Takes the JSON form of a state, which clients that know no schemas do not send.
pub async fn upload_json_state(app: &App, id: &str, body: Body) -> ApiResult {
    let id = StateVersionId::from(id.to_owned());
    wanted(app, &id).await?;
    let object = objects::receive_hashed(app, body, app.config.limits.state_bytes_max, |_| {}).await?;
    attach_json(app, &id, &object).await?;
    Ok(StatusCode::OK.into_response())
}
