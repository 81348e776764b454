//! Which engine a workspace gets.

use super::model::Client;
use crate::app::App;
use crate::plans::model::EngineName;
use crate::platform::http::{ApiError, ApiResult};
use crate::terraform_versions;
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
    let fits = match given.text("terraform-version")?.value() {
        Some(version) => terraform_versions::kind_that_has(&app.db, &version).await?,
        None => None,
    };
    let default = || engines.first().map(|found| EngineName::from(found.engine.kind));
    Ok(fits.or_else(default).unwrap_or(EngineName::Tofu))
}
