//! When an object reached each of its statuses: a line `name=micros` each, only ever appended to.

use crate::clock::Time;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// The `status-timestamps` of a run, plan or configuration version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusTimes(String);

impl StatusTimes {
    /// The line for one status.
    pub fn line(name: &str, at: Time) -> String {
        format!("{name}={}\n", at.0)
    }

    /// When a status was reached first.
    pub fn get(&self, name: &str) -> Option<Time> {
        self.entries().find(|(key, _)| *key == name).map(|(_, at)| at)
    }

    fn entries(&self) -> impl Iterator<Item = (&str, Time)> {
        self.0.lines().filter_map(|line| {
            let (name, micros) = line.split_once('=')?;
            Some((name, Time(micros.parse().ok()?)))
        })
    }
}

impl From<String> for StatusTimes {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for StatusTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, at) in self.entries() {
            map.serialize_entry(name, &at)?;
        }
        map.end()
    }
}

impl schemars::JsonSchema for StatusTimes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StatusTimes".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let time = generator.subschema_for::<Time>();
        schemars::json_schema!({ "type": "object", "additionalProperties": time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_an_object() {
        let times = StatusTimes::from(
            [StatusTimes::line("queued-at", Time(0)), StatusTimes::line("started-at", Time(1_500_000))]
                .concat(),
        );
        assert_eq!(
            serde_json::to_string(&times).unwrap(),
            r#"{"queued-at":"1970-01-01T00:00:00.000Z","started-at":"1970-01-01T00:00:01.500Z"}"#
        );
        assert_eq!(times.get("started-at"), Some(Time(1_500_000)));
        assert_eq!(times.get("finished-at"), None);
    }
}
