//! What this server finds installed stands in the catalogue.

use super::model::{is_version, sort_key};
use super::store::{self, EngineVersion};
use crate::app::App;
use crate::ids::EngineVersionId;
use crate::platform::http::ApiResult;
use terrane_agent::catalogue::{Installer, Origin};
use terrane_agent::engines::FoundEngine;

/// Notes engines that are not noted yet; what an administrator has said of one stays.
pub async fn note_found(app: &App, engines: &[FoundEngine]) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    for found in engines.iter().filter(|found| is_version(&found.engine.version)) {
        let (url, sha) = match Installer::origin(&found.path) {
            Some(Origin::Release { url, sha256, .. }) => (Some(url), Some(sha256)),
            _ => (None, None),
        };
        let row = EngineVersion {
            id: EngineVersionId::random(),
            engine: found.engine.kind.into(),
            sort_key: sort_key(&found.engine.version),
            official: url.is_some(),
            url,
            sha,
            enabled: true,
            beta: found.engine.version.contains('-'),
            version: found.engine.version.clone(),
            deprecated: false,
            deprecated_reason: None,
            created_at: app.clock.now(),
            usage: 0,
        };
        store::note(&mut tx, &row).await?;
    }
    Ok(tx.commit().await?)
}
