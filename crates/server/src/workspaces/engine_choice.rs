//! Which engine a workspace gets.

use super::model::Client;
use crate::app::App;
use crate::plans::model::EngineName;
use crate::platform::http::{ApiError, ApiResult};
use terrane_jsonapi::Attributes;

/// Which engine a workspace gets (api-contract section 20 row 26): the client's own kind, else what the body says,
/// else the site's default, which is the first engine found.
pub(super) async fn choose_engine(app: &App, client: Client, given: &Attributes) -> ApiResult<EngineName> {
    let asked = match given.text("engine")?.value() {
        Some(name) => {
            let wrong = || ApiError::invalid_attribute("engine", "must be tofu or terraform");
            Some(EngineName::parse(&name).ok_or_else(wrong)?)
        }
        None => None,
    };
    if let Some(engine) = client.engine.or(asked) {
        return Ok(engine);
    }
    let engines = app.engines().await;
    let wanted = given.text("terraform-version")?.value();
    let fits = wanted.and_then(|version| {
        let mut kinds =
            engines.iter().filter(|found| found.engine.version == version).map(|found| found.engine.kind);
        kinds.next().filter(|kind| kinds.all(|other| other == *kind))
    });
    Ok(fits
        .or_else(|| engines.first().map(|found| found.engine.kind))
        .map_or(EngineName::Tofu, EngineName::from))
}
