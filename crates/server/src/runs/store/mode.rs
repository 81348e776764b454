//! The columns of a run's mode.

use crate::runs::mode::{Addresses, Mode};

/// A mode as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ModeRow {
    refresh: bool,
    refresh_only: bool,
    save_plan: bool,
    allow_config_generation: bool,
    debugging_mode: bool,
    target_addrs: Option<String>,
    replace_addrs: Option<String>,
}

impl TryFrom<ModeRow> for Mode {
    type Error = serde_json::Error;

    fn try_from(row: ModeRow) -> Result<Self, Self::Error> {
        Ok(Self {
            refresh: row.refresh,
            refresh_only: row.refresh_only,
            save_plan: row.save_plan,
            allow_config_generation: row.allow_config_generation,
            debugging_mode: row.debugging_mode,
            target_addrs: Addresses::try_from(row.target_addrs)?,
            replace_addrs: Addresses::try_from(row.replace_addrs)?,
        })
    }
}
