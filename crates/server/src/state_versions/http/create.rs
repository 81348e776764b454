//! The request that makes a state version, read.

use super::{answer, with_snapshot_interval};
use crate::app::App;
use crate::ids::RunId;
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::http::{ApiError, ApiResult, created, read_document};
use crate::state_versions::create::{NewStateVersion, create};
use crate::state_versions::model::is_md5;
use axum::body::Body;
use axum::extract::State;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use terrane_jsonapi::{Attributes, Given, Incoming};

/// A lineage longer than this is none; engines write UUIDs.
pub const LINEAGE_CHARS_MAX: usize = 256;

/// Clients differ in the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) async fn make(State(app): State<App>, granted: Granted<WorkspaceScope>, body: Body) -> ApiResult {
    let body = read_document(body, app.config.limits.state_document_bytes_max).await?;
    let new = read(&body)?;
    let version = create(&app, &granted.workspace_id, &granted.caller().user_id, new).await?;
    let mut view = app.db.snapshot().await?;
    let document = answer(&app, &mut view, &granted, &version, None).await?;
    Ok(with_snapshot_interval(&app, created(&document)))
}

fn read(body: &Incoming) -> ApiResult<NewStateVersion> {
    body.expect_kind("state-versions")?;
    let given = &body.attributes;
    let serial = given.integer("serial")?.value().ok_or_else(|| missing("serial"))?;
    if serial < 0 {
        return Err(ApiError::invalid_attribute("serial", "serial must not be negative"));
    }
    let md5 = given.text("md5")?.value().filter(|md5| !md5.is_empty()).ok_or_else(|| missing("md5"))?;
    if !is_md5(&md5) {
        return Err(ApiError::invalid_attribute("md5", "md5 must be the 32 hex digits of the state's MD5"));
    }
    let lineage = given.text("lineage")?.value().filter(|lineage| !lineage.is_empty());
    if lineage.as_ref().is_some_and(|lineage| lineage.chars().count() > LINEAGE_CHARS_MAX) {
        let detail = format!("lineage is longer than {LINEAGE_CHARS_MAX} characters");
        return Err(ApiError::invalid_attribute("lineage", detail));
    }
    Ok(NewStateVersion {
        serial,
        md5: md5.to_ascii_lowercase(),
        lineage,
        force: given.boolean("force")?.value().unwrap_or(false),
        run: body.related("run")?.value().as_deref().map(run).transpose()?,
        state: bytes(given, "state")?,
        json_state: bytes(given, "json-state")?,
    })
}

/// The words of the reference. (For `state` they would tell the CLI that this server takes no uploads.)
fn missing(name: &str) -> ApiError {
    ApiError::invalid_attribute(name, format!("param is missing or the value is empty: {name}"))
}

fn run(id: &str) -> ApiResult<RunId> {
    let missing = || ApiError::invalid_relationship("run", "there is no such run in this workspace");
    RunId::parse(id).ok_or_else(missing)
}

/// Bytes in base64, with or without line breaks.
fn bytes(given: &Attributes, name: &'static str) -> ApiResult<Option<Vec<u8>>> {
    let Given::Value(mut text) = given.text(name)? else { return Ok(None) };
    if text.is_empty() {
        return Ok(None);
    }
    text.retain(|letter| !letter.is_ascii_whitespace());
    let decoded = BASE64.decode(text);
    decoded.map(Some).map_err(|_| ApiError::invalid_attribute(name, format!("{name} is not valid base64")))
}
