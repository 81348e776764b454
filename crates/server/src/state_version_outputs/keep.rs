//! The outputs of a state that has arrived.

use super::store::{self, StateVersionOutput};
use crate::app::App;
use crate::ids::{StateVersionId, StateVersionOutputId};
use crate::platform::db::Tx;
use crate::platform::http::ApiResult;
use crate::platform::secrets::Place;
use crate::state_versions::contents::Output;

/// Where values stand.
const VALUE: &str = "state_version_outputs.value";

/// Writes the outputs of a state version, each value sealed.
pub async fn keep(app: &App, tx: &mut Tx, version: &StateVersionId, outputs: &[Output]) -> ApiResult<()> {
    for output in outputs {
        let id = StateVersionOutputId::random();
        let value_sealed =
            app.secrets.seal(Place { column: VALUE, id: id.as_str() }, output.value.as_bytes());
        let row = StateVersionOutput {
            id,
            state_version_id: version.clone(),
            name: output.name.clone(),
            sensitive: output.sensitive,
            kind: output.kind.to_owned(),
            detailed_type: output.detailed_type.clone(),
            value_sealed,
        };
        store::insert(tx, &row).await?;
    }
    Ok(())
}

/// The value as JSON text.
pub(super) fn open(app: &App, output: &StateVersionOutput) -> ApiResult<String> {
    let plain = app.secrets.open(Place { column: VALUE, id: output.id.as_str() }, &output.value_sealed)?;
    String::from_utf8(plain).map_err(|error| crate::platform::http::ApiError::Broken(error.to_string()))
}
