//! Time as an argument: one clock in the application, which tests can move.

use serde::{Serialize, Serializer};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A point in time: microseconds since 1970, as it stands in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// How long after another time; nothing when it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Later by a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Later by so many microseconds: what one request makes keeps its order.
    #[must_use]
    pub fn after(self, count: usize) -> Self {
        self.plus(Duration::from_micros(u64::try_from(count).unwrap_or(u64::MAX)))
    }

    /// RFC 3339 in UTC with milliseconds, ending in `Z`: the only form every client reads (api-contract 1.7).
    pub fn rfc3339(self) -> String {
        let timestamp = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        format!("{timestamp:.3}")
    }

    /// Reads RFC 3339 with any offset.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|timestamp| Self(timestamp.as_microsecond()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl From<i64> for Time {
    fn from(micros: i64) -> Self {
        Self(micros)
    }
}

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_micros: Arc<AtomicI64>,
}

impl Clock {
    /// Now.
    pub fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_microsecond() + self.ahead_micros.load(Ordering::Relaxed))
    }

    /// Moves this clock and its clones forward: for tests of what expires.
    pub fn advance(&self, duration: Duration) {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        self.ahead_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_in_z() {
        assert_eq!(Time(1_767_225_600_120_000).rfc3339(), "2026-01-01T00:00:00.120Z");
        assert_eq!(Time::parse("2026-01-01T01:00:00+01:00"), Some(Time(1_767_225_600_000_000)));
        assert_eq!(Time::parse("yesterday"), None);
    }
}
