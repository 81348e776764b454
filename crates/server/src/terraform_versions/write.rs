//! Making, changing and deleting versions.

use super::model::{is_version, sort_key};
use super::store::{self, EngineVersion, Filter};
use crate::app::App;
use crate::ids::EngineVersionId;
use crate::plans::model::EngineName;
use crate::platform::db::DbError;
use crate::platform::http::{ApiError, ApiResult};
use terrane_jsonapi::{Attributes, Given, Incoming};

/// The longest URL, and the longest reason.
pub(super) const TEXT_CHARS_MAX: usize = 4096;
/// Versions in the catalogue.
pub(super) const VERSIONS_MAX: u64 = 10_000;
/// Hex digits of SHA-256.
const SHA_CHARS: usize = 64;
/// Of the archives of a version, the one whose URL and checksum are the version's own.
const ARCHITECTURE: &str = "amd64";

/// Makes a version; it is Terraform's unless `engine` says otherwise, as the clients of the reference know no other.
pub(super) async fn create(app: &App, body: &Incoming) -> ApiResult<EngineVersion> {
    body.expect_kind("terraform-versions")?;
    body.attributes.required_text("version")?;
    let mut row = EngineVersion {
        id: EngineVersionId::random(),
        engine: EngineName::Terraform,
        version: String::new(),
        sort_key: String::new(),
        url: None,
        sha: None,
        official: false,
        enabled: true,
        beta: false,
        deprecated: false,
        deprecated_reason: None,
        created_at: app.clock.now(),
        usage: 0,
    };
    apply(&mut row, &body.attributes)?;
    let mut tx = app.db.begin().await?;
    if store::count(&mut tx, &Filter::default()).await? >= VERSIONS_MAX {
        let detail = format!("a site has at most {VERSIONS_MAX} of them; delete some");
        return Err(ApiError::unprocessable("too many versions", detail));
    }
    store::insert(&mut tx, &row).await.map_err(taken)?;
    let made = store::find(&mut tx, &row.id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(made)
}

/// Changes what the body names. What is installed, official or used keeps its name.
pub(super) async fn update(app: &App, id: &EngineVersionId, body: &Incoming) -> ApiResult<EngineVersion> {
    body.expect_kind("terraform-versions")?;
    let mut tx = app.db.begin().await?;
    let before = store::hold(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    let mut row = before.clone();
    apply(&mut row, &body.attributes)?;
    if (row.engine, &row.version) != (before.engine, &before.version)
        && let Some(why) = why_it_stays(app, &before).await
    {
        let detail = format!("the version cannot be another one: {why}");
        return Err(ApiError::invalid_attribute("version", detail));
    }
    store::update(&mut tx, &row).await.map_err(taken)?;
    let changed = store::find(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(changed)
}

/// Deletes a version.
///
/// # Errors
/// 422 for one that is installed, official or used: it can be disabled.
pub(super) async fn delete(app: &App, id: &EngineVersionId) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let row = store::hold(&mut tx, id).await?.ok_or_else(ApiError::not_found)?;
    if let Some(why) = why_it_stays(app, &row).await {
        let detail = format!("the version cannot be deleted: {why}; disable it instead");
        return Err(ApiError::unprocessable("version in use", detail));
    }
    store::delete(&mut tx, id).await?;
    Ok(tx.commit().await?)
}

async fn why_it_stays(app: &App, row: &EngineVersion) -> Option<String> {
    if row.usage > 0 {
        return Some(format!("{} workspaces name it", row.usage));
    }
    if row.official {
        return Some("it is official".to_owned());
    }
    is_installed(app, row).await.then(|| "it is installed here".to_owned())
}

/// Whether this server's own agent has it.
pub(super) async fn is_installed(app: &App, row: &EngineVersion) -> bool {
    let engines = app.engines().await;
    engines.iter().any(|found| found.engine.kind == row.engine.kind() && found.engine.version == row.version)
}

fn apply(row: &mut EngineVersion, given: &Attributes) -> ApiResult<()> {
    if let Given::Value(engine) = given.text("engine")? {
        let wrong = || ApiError::invalid_attribute("engine", "must be tofu or terraform");
        row.engine = EngineName::parse(&engine).ok_or_else(wrong)?;
    }
    given.text("version")?.set(&mut row.version);
    if !is_version(&row.version) {
        let detail = format!("{:?} is no version: give an exact one such as 1.11.4", row.version);
        return Err(ApiError::invalid_attribute("version", detail));
    }
    row.sort_key = sort_key(&row.version);
    apply_archive(row, given)?;
    for (key, target) in [
        ("official", &mut row.official),
        ("enabled", &mut row.enabled),
        ("beta", &mut row.beta),
        ("deprecated", &mut row.deprecated),
    ] {
        given.boolean(key)?.set(target);
    }
    given.text("deprecated-reason")?.set_optional(&mut row.deprecated_reason);
    for (key, text) in [("url", &row.url), ("deprecated-reason", &row.deprecated_reason)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX) {
            let detail = format!("is longer than {TEXT_CHARS_MAX} characters");
            return Err(ApiError::invalid_attribute(key, detail));
        }
    }
    let is_sum = |sha: &String| sha.len() == SHA_CHARS && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    if row.sha.as_ref().is_some_and(|sha| !is_sum(sha)) {
        let detail = format!("must be a SHA-256, {SHA_CHARS} hex digits");
        return Err(ApiError::invalid_attribute("sha", detail));
    }
    Ok(())
}

/// Where the archive is: said directly, or by an entry of `archs`.
fn apply_archive(row: &mut EngineVersion, given: &Attributes) -> ApiResult<()> {
    if let Given::Value(archives) = given.list("archs")? {
        let of_architecture = archives.iter().find(|one| one["arch"] == ARCHITECTURE);
        if let Some(archive) = of_architecture.or(archives.first()) {
            row.url = archive["url"].as_str().map(str::to_owned);
            row.sha = archive["sha"].as_str().map(str::to_owned);
        }
    }
    given.text("url")?.set_optional(&mut row.url);
    given.text("sha")?.set_optional(&mut row.sha);
    Ok(())
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("version", "Version has already been taken"),
        other => other.into(),
    }
}
