//! Log lines on standard error.

use crate::cli::{LogFormat, Telemetry};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging. A filter that cannot be read is replaced by `info`, and said so.
pub fn start(telemetry: &Telemetry) {
    let (filter, wrong) = match EnvFilter::try_new(&telemetry.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    match telemetry.log_format {
        LogFormat::Text => lines.with_target(false).init(),
        LogFormat::Json => lines.json().init(),
    }
    if let Some(error) = wrong {
        tracing::warn!(%error, filter = telemetry.log, "cannot read the log filter; using info");
    }
}
