//! What `include` asks for beside state versions: one query for each kind, however many there are.

use crate::app::App;
use crate::ids::{RunId, StateVersionId, UserId};
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::state_versions::store::StateVersion;
use crate::{runs, state_version_outputs, users};
use terrane_jsonapi::{Query, Resource};

/// Whoever reads a state version may read the state, so sensitive outputs are shown (api-contract section 20 row 2).
pub(super) async fn related(
    app: &App,
    view: &mut Tx,
    versions: &[StateVersion],
    query: &Query,
) -> ApiResult<Vec<Resource>> {
    let mut included = Vec::new();
    if query.includes("outputs") {
        let ids: Vec<&StateVersionId> = versions.iter().map(|version| &version.id).collect();
        included.extend(state_version_outputs::resources_of(app, view, &ids, true).await?);
    }
    if query.includes("created_by") {
        let ids: Vec<UserId> =
            versions.iter().filter_map(|version| version.created_by.clone()).map(Into::into).collect();
        included.extend(users::included(view, &ids).await?);
    }
    if query.includes("run") {
        let ids: Vec<RunId> =
            versions.iter().filter_map(|version| version.run_id.clone()).map(Into::into).collect();
        included.extend(runs::included(app, view, &ids, &query.beneath(&["run"])).await?);
    }
    Ok(included)
}
