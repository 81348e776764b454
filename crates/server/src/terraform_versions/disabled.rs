//! What the catalogue means to workspaces and runs.

use super::store;
use crate::plans::model::EngineName;
use crate::platform::db::{DbError, Exec};
use terrane_wire::Engine;

/// Every version that nobody may use.
#[derive(Debug, Clone, Default)]
pub struct Disabled(Vec<(String, String)>);

/// Reads them.
pub async fn disabled(exec: impl Exec) -> Result<Disabled, DbError> {
    Ok(Disabled(store::disabled(exec).await?))
}

impl Disabled {
    /// Whether this one is among them.
    pub fn has(&self, engine: EngineName, version: &str) -> bool {
        self.0.iter().any(|(kind, disabled)| kind == engine.as_str() && disabled == version)
    }
}

/// The engines that may be used.
pub fn without(engines: &[Engine], disabled: &Disabled) -> Vec<Engine> {
    let may = |engine: &&Engine| !disabled.has(engine.kind.into(), &engine.version);
    engines.iter().filter(may).cloned().collect()
}

/// Why a workspace or a run may not name a version; `None` when it may. What is not in the catalogue can be named:
/// whether it can be had shows when a run needs it (api-contract section 20 row 12).
pub async fn check_enabled(
    exec: impl Exec,
    engine: EngineName,
    version: &str,
) -> Result<Option<String>, DbError> {
    let is_disabled = disabled(exec).await?.has(engine, version);
    Ok(is_disabled.then(|| {
        format!("{} {version} is disabled on this site: name another version", engine.kind().title())
    }))
}

/// The only engine in the catalogue that has a version (api-contract section 20 row 26).
pub async fn kind_that_has(exec: impl Exec, version: &str) -> Result<Option<EngineName>, DbError> {
    let engines = store::engines_of(exec, version).await?;
    Ok(match engines.as_slice() {
        [one] => EngineName::parse(one),
        _ => None,
    })
}
