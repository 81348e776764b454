//! When a workspace is destroyed by itself: at a time, or so long after the last activity (api-contract 8.2).

use super::store::{self, Workspace};
use crate::clock::Time;
use crate::ids::UserId;
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::projects::store::Project;
use terrane_jsonapi::{Attributes, Given};

const AT: &str = "auto-destroy-at";
const DURATION: &str = "auto-destroy-activity-duration";
const INHERITS: &str = "inherits-project-auto-destroy";
/// What a refused duration is told.
pub const WRONG_DURATION: &str = "must be a number of 1 to 4 digits above 0 and d or h, such as 14d or 12h";
const HOUR_MICROS: i64 = 3_600_000_000;

/// A time such as `14d` or `12h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    micros: i64,
}

impl Duration {
    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
            (Some(number), _) => (number, 24),
            (_, Some(number)) => (number, 1),
            _ => return None,
        };
        let is_number = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = is_number.then(|| number.parse().ok()).flatten()?;
        (number > 0).then_some(Self { micros: number * hours * HOUR_MICROS })
    }

    fn after(self, now: Time) -> Time {
        Time(now.0.saturating_add(self.micros))
    }
}

/// Reads what a body says about it.
///
/// # Errors
/// 422 for what is no time or no duration, and for what excludes each other.
pub(super) fn apply(workspace: &mut Workspace, given: &Attributes, by: &UserId, now: Time) -> ApiResult<()> {
    let (at, duration, inherits) = (given.text(AT)?, given.text(DURATION)?, given.boolean(INHERITS)?.value());
    if matches!((&at, &duration), (Given::Value(_), Given::Value(_))) {
        return Err(ApiError::invalid_attribute(AT, format!("excludes {DURATION}: give one of the two")));
    }
    let is_own = matches!(at, Given::Value(_)) || matches!(duration, Given::Value(_));
    if is_own && inherits == Some(true) {
        let detail =
            format!("excludes a time and a duration of the workspace's own: give {AT} or {DURATION} alone");
        return Err(ApiError::invalid_attribute(INHERITS, detail));
    }
    if is_own || inherits == Some(false) {
        workspace.inherits_project_auto_destroy = false;
    }
    if inherits == Some(true) && !workspace.inherits_project_auto_destroy {
        workspace.inherits_project_auto_destroy = true;
        workspace.auto_destroy_activity_duration = None;
        begin(workspace, now);
        workspace.auto_destroy_by = Some(by.into());
    }
    match duration {
        Given::Absent => {}
        Given::Null if workspace.inherits_project_auto_destroy => {}
        Given::Null => {
            workspace.auto_destroy_activity_duration = None;
            begin(workspace, now);
        }
        Given::Value(text) => {
            Duration::parse(&text).ok_or_else(|| ApiError::invalid_attribute(DURATION, WRONG_DURATION))?;
            workspace.auto_destroy_activity_duration = Some(text);
            begin(workspace, now);
            workspace.auto_destroy_by = Some(by.into());
        }
    }
    match at {
        Given::Absent => {}
        Given::Null => workspace.auto_destroy_at = None,
        Given::Value(text) => {
            let wrong = || ApiError::invalid_attribute(AT, "must be a time such as 2030-01-31T12:00:00Z");
            set_time(workspace, Time::parse(&text).ok_or_else(wrong)?, by, now);
        }
    }
    Ok(())
}

/// A time of the workspace's own. One that is over is kept as it was given (api-contract section 20 row 11), and
/// nothing comes of it: nobody means to destroy something yesterday.
fn set_time(workspace: &mut Workspace, at: Time, by: &UserId, now: Time) {
    workspace.auto_destroy_activity_duration = None;
    workspace.auto_destroy_after_us = None;
    workspace.auto_destroy_status = None;
    workspace.auto_destroy_at = Some(at.0);
    workspace.auto_destroy_by = (at > now).then(|| by.into());
}

/// The duration that holds.
pub(super) fn effective_duration(workspace: &Workspace) -> Option<&str> {
    if workspace.inherits_project_auto_destroy {
        workspace.project_auto_destroy_activity_duration.as_deref()
    } else {
        workspace.auto_destroy_activity_duration.as_deref()
    }
}

/// The duration that holds begins now; without one nothing is scheduled.
fn begin(workspace: &mut Workspace, now: Time) {
    let duration = effective_duration(workspace).and_then(Duration::parse);
    workspace.auto_destroy_after_us = duration.map(|duration| duration.micros);
    workspace.auto_destroy_at = duration.map(|duration| duration.after(now).0);
    workspace.auto_destroy_status = None;
}

/// The workspace has come into another project.
pub fn moved(workspace: &mut Workspace, by: &UserId, now: Time) {
    if workspace.inherits_project_auto_destroy {
        begin(workspace, now);
        workspace.auto_destroy_by = Some(by.into());
    }
}

/// A project has another duration, which holds for its workspaces that say nothing else. The caller has the project's
/// row.
pub async fn project_changed(tx: &mut Tx, project: &Project, by: &UserId, now: Time) -> Result<(), DbError> {
    let duration = project.auto_destroy_activity_duration.as_deref().and_then(Duration::parse);
    let (after_us, at) = (duration.map(|one| one.micros), duration.map(|one| one.after(now)));
    store::inherit_destroy(tx, &project.id, after_us, at, by).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(Duration::parse("14d").map(|one| one.micros), Some(14 * 24 * HOUR_MICROS));
        assert_eq!(Duration::parse("12h").map(|one| one.micros), Some(12 * HOUR_MICROS));
        for text in ["", "d", "0d", "-1d", "14", "14m", "14 d", "10000h", "1.5d", "+1d", "d14"] {
            assert_eq!(Duration::parse(text), None, "{text:?}");
        }
    }
}
