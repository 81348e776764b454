//! Reads them from a request that makes a configuration version.

use super::store::IngressAttributes;
use crate::ids::{ConfigurationVersionId, IngressAttributesId};
use crate::platform::http::{ApiError, ApiResult};
use terrane_jsonapi::{Errors, Given, Incoming};

/// Names, addresses and titles longer than this are refused.
const WORDS_CHARS_MAX: usize = 2000;
/// Messages and descriptions longer than this are refused.
const TEXT_CHARS_MAX: usize = 50_000;
/// Where they stand in the request.
const PLACE: &str = "/data/relationships/ingress-attributes/data";

/// The relationship `ingress-attributes`, where it is there: a resource with attributes.
///
/// # Errors
/// 422 with the place of what has the wrong type or is too long.
pub fn read(body: &Incoming) -> ApiResult<Option<IngressAttributes>> {
    let Given::Value(given) = body.related_one("ingress-attributes")? else { return Ok(None) };
    let read = read_one(&given).map_err(|error| ApiError::from(error.relocated("/data", PLACE)))?;
    Ok(Some(read))
}

fn read_one(given: &Incoming) -> Result<IngressAttributes, Errors> {
    given.expect_kind("ingress-attributes")?;
    let text = |name: &str, limit: usize| match given.attributes.text(name)?.value() {
        Some(text) if text.chars().count() > limit => Err(Errors::invalid(
            format!("/data/attributes/{name}"),
            format!("is longer than {limit} characters"),
        )),
        text => Ok(text.filter(|text| !text.is_empty())),
    };
    let words = |name: &str| text(name, WORDS_CHARS_MAX);
    let flag = |name: &str| Ok::<_, Errors>(given.attributes.boolean(name)?.value().unwrap_or(false));
    Ok(IngressAttributes {
        id: IngressAttributesId::random(),
        configuration_version_id: ConfigurationVersionId::from(String::new()),
        branch: words("branch")?,
        clone_url: words("clone-url")?,
        commit_message: text("commit-message", TEXT_CHARS_MAX)?,
        commit_sha: words("commit-sha")?,
        commit_url: words("commit-url")?,
        compare_url: words("compare-url")?,
        identifier: words("identifier")?,
        is_pull_request: flag("is-pull-request")?,
        on_default_branch: flag("on-default-branch")?,
        pull_request_number: given.attributes.integer("pull-request-number")?.value(),
        pull_request_url: words("pull-request-url")?,
        pull_request_title: words("pull-request-title")?,
        pull_request_body: text("pull-request-body", TEXT_CHARS_MAX)?,
        tag: words("tag")?,
        sender_username: words("sender-username")?,
        sender_avatar_url: words("sender-avatar-url")?,
        sender_html_url: words("sender-html-url")?,
    })
}
