//! Reads a state file: what the API tells about it, without keeping the rest in memory.
//!
//! Formats 4 (engines from 0.12) and 3 (before). Nothing here does IO of its own or quotes the file in an error:
//! states hold secrets.

mod address;
mod file;
mod serial;
mod types;

pub use address::{addresses, instance_address};
pub use serial::with_serial;

use file::File;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read;

/// The newest format there is.
const FORMAT_MAX: i64 = 4;
/// A version text longer than this is none.
const VERSION_CHARS_MAX: usize = 64;

/// The name of the module that is in no other.
const ROOT_MODULE: &str = "root";

/// Why bytes are no state that can be used. Never quotes them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentsError {
    /// Not JSON, or cut off.
    #[error("it is not valid JSON (line {line}, column {column})")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// JSON of another shape.
    #[error(
        "it is not a state file: a part of it has another form than engines write (line {line}, column {column})"
    )]
    Shape {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A format that is not known here.
    #[error(
        "it is not a state file of a format known here: \"version\" must be a number from 1 to {FORMAT_MAX}"
    )]
    Format,
    /// A name that databases cannot hold.
    #[error("the name of an output holds the NUL character")]
    Name,
    /// The bytes cannot be read.
    #[error("it cannot be read: {0}")]
    Io(String),
}

impl From<serde_json::Error> for ContentsError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Io => Self::Io(error.to_string()),
            serde_json::error::Category::Data => Self::Shape { line, column },
            _ => Self::Json { line, column },
        }
    }
}

/// What a state file holds, as far as the API tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// The format, `version` in the file.
    pub format_version: i64,
    /// The serial in the file; a state version's own is the one its writer said (api-contract section 20 row 1).
    pub serial: Option<i64>,
    /// The lineage in the file; the same.
    pub lineage: Option<String>,
    /// The engine that wrote it.
    pub terraform_version: Option<String>,
    /// Resources and data sources, as they stand in the file.
    pub resources: Vec<ResourceSummary>,
    /// The instances of each of them, in the same order; those of managed resources alone, and no more than
    /// [`INSTANCES_MAX`].
    pub instances: Vec<Vec<Instance>>,
    /// Outputs of the root module, by name.
    pub outputs: Vec<Output>,
}

/// Of the instances of a state more than these are not listed one by one.
const INSTANCES_MAX: usize = 100_000;

/// One instance of a resource: its index as JSON (`null`, `0`, `"a"`), and a digest by which a change of it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance(pub serde_json::Value, pub String);

/// One resource or data source with all its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ResourceSummary {
    /// Such as `web`.
    pub name: String,
    /// Such as `aws_instance`; data sources begin with `data.`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Instances, 0 or more.
    pub count: u64,
    /// `root`, or the module's address.
    pub module: String,
    /// As the file names it.
    pub provider: String,
}

impl ResourceSummary {
    /// A data source is read, not managed.
    pub fn is_data(&self) -> bool {
        self.kind.starts_with("data.")
    }
}

/// An output. Its value may be secret and is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// The name.
    pub name: String,
    /// Marked so in the configuration.
    pub sensitive: bool,
    /// `string`, `number`, `bool`, `array`, `object` or `dynamic`.
    pub kind: &'static str,
    /// The type as engines write it in JSON: `"string"`, `["list","string"]`.
    pub detailed_type: String,
    /// The value as JSON text.
    pub value: String,
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Output").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Contents {
    /// Managed instances: what `resource-count` of a workspace counts.
    pub fn resource_count(&self) -> i64 {
        let counts = self.resources.iter().filter(|one| !one.is_data()).map(|one| one.count);
        i64::try_from(counts.sum::<u64>()).unwrap_or(i64::MAX)
    }
}

/// Reads a state file to its end. Memory is bounded by its resources' names and its outputs; attributes of resources
/// are passed over.
///
/// # Errors
/// [`ContentsError`] when it is not JSON or no state file.
pub fn read(state: impl Read) -> Result<Contents, ContentsError> {
    let file = File::read(state)?;
    if !(1..=FORMAT_MAX).contains(&file.version) {
        return Err(ContentsError::Format);
    }
    let is_version =
        |text: &String| text.chars().count() <= VERSION_CHARS_MAX && !text.chars().any(char::is_control);
    let instances = file.instances(INSTANCES_MAX);
    let (resources, outputs) = file.parts();
    if outputs.iter().any(|output| output.name.contains('\0')) {
        return Err(ContentsError::Name);
    }
    Ok(Contents {
        format_version: file.version,
        serial: file.serial,
        lineage: file.lineage,
        terraform_version: file.terraform_version.filter(is_version),
        resources,
        instances,
        outputs,
    })
}

/// Whether a document is JSON at all: the JSON form of a state is kept as it is.
///
/// # Errors
/// [`ContentsError::Json`] when it is not.
pub fn check_json(document: impl Read) -> Result<(), ContentsError> {
    let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::new(document));
    serde::de::IgnoredAny::deserialize(&mut reader)?;
    Ok(reader.end()?)
}

#[cfg(test)]
mod tests;
