//! Why a document is not a plan that can be read.
//!
//! A plan holds secrets, and errors end up in logs: no error here repeats a value of the document.

use std::io;

use thiserror::Error as ThisError;

/// Why a plan document cannot be read.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The document's bytes could not be read.
    #[error("cannot read the plan document: {0}")]
    Read(#[source] io::Error),
    /// The document stops early.
    #[error("the plan document is truncated after {offset} bytes")]
    Truncated {
        /// Where it ends.
        offset: u64,
    },
    /// The document is not JSON.
    #[error("the plan document is not valid at byte {offset}: {reason}")]
    Syntax {
        /// Where the fault was noticed.
        offset: u64,
        /// What was expected or found.
        reason: &'static str,
    },
    /// Something follows the document.
    #[error("the plan document is followed by other data at byte {offset}")]
    TrailingData {
        /// Where that data starts.
        offset: u64,
    },
    /// Values are nested too deeply.
    #[error("the plan document is nested deeper than {limit} levels at byte {offset}")]
    TooDeep {
        /// Where the limit was passed.
        offset: u64,
        /// The limit.
        limit: usize,
    },
    /// One element is too large to be held in memory.
    #[error("the plan document has an element of more than {limit_bytes} bytes, up to byte {offset}")]
    ElementTooLarge {
        /// Where the limit was passed.
        offset: u64,
        /// The limit.
        limit_bytes: usize,
    },
    /// A section appears twice, so readers would not agree on what the plan says.
    #[error("the plan document has the section {section} twice")]
    DuplicateSection {
        /// The section.
        section: &'static str,
    },
    /// A section holds something else than it should.
    #[error("the plan document's section {section} is not {expected}")]
    SectionShape {
        /// The section.
        section: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// One element of a section cannot be read.
    #[error("element {index} of {section} in the plan document is not valid: {reason}")]
    Element {
        /// The section.
        section: &'static str,
        /// Its position in the section, from 0.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// It is JSON, but not a plan.
    #[error("the document is not a plan: it has no {missing}")]
    NotAPlan {
        /// What every plan has.
        missing: &'static str,
    },
    /// The provider schemas cannot be read.
    #[error("the provider schemas cannot be used: {}", .0.of_schemas())]
    Schemas(#[source] Box<Error>),
    /// The redacted document could not be written.
    #[error("cannot write the redacted document: {0}")]
    Write(#[source] io::Error),
    /// There are more secrets to look for than can be.
    #[error("the plan's secrets take more than 4 GB in all their forms")]
    TooManySecrets,
    /// The plan's format is one that did not exist when this was written.
    #[error("the plan document has the format version {version}, and only versions before 2 are known")]
    UnknownFormat {
        /// The version it gives.
        version: String,
    },
}

impl Error {
    /// Whether the document is at fault, as opposed to the disk or the connection.
    #[must_use]
    pub fn is_document_fault(&self) -> bool {
        match self {
            Self::Schemas(error) => error.is_document_fault(),
            _ => !matches!(self, Self::Read(_) | Self::Write(_)),
        }
    }

    /// What it says, of the other document that is read.
    fn of_schemas(&self) -> String {
        self.to_string().replace("plan document", "document").replace("not a plan", "not the engine's")
    }
}
