//! What can go wrong with an object, told without a secret.

use crate::id::ObjectId;

/// A failure of the blob store. No variant holds a key, a credential or a byte of an object, so `Debug` and
/// `Display` are both safe to log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The place named in the configuration cannot be used.
    #[error("blob store {url}: {reason}")]
    Open {
        /// The URL or path, without user, password and query.
        url: String,
        /// Why, without credentials.
        reason: String,
    },

    /// The text of a master key is malformed.
    #[error("master key: {reason}")]
    MasterKey {
        /// What is wrong, without the text.
        reason: &'static str,
    },

    /// A text is not an object id.
    #[error("object id: {reason}")]
    ObjectId {
        /// What is wrong, without the text.
        reason: &'static str,
    },

    /// Nothing is stored under this id.
    #[error("object {id} is missing in the blob store")]
    Missing {
        /// The object.
        id: ObjectId,
    },

    /// Something is already stored under this id; it was left as it is.
    #[error("object {id} exists already")]
    Exists {
        /// The object.
        id: ObjectId,
    },

    /// What is stored is not what was written, or the row or the master key does not belong to it.
    #[error("object {id} is corrupt: {what}")]
    Corrupt {
        /// The object.
        id: ObjectId,
        /// Which check failed.
        what: String,
    },

    /// The row names a format this build does not know, for example after a downgrade.
    #[error("object {id} has format version {version}, this build reads version 1")]
    Version {
        /// The object.
        id: ObjectId,
        /// The version in the row.
        version: i64,
    },

    /// The object is larger than the caller allows.
    #[error("object {id} has {size_bytes} bytes, allowed are {bytes_max}")]
    TooLarge {
        /// The object.
        id: ObjectId,
        /// Size of the plain bytes.
        size_bytes: u64,
        /// The caller's limit.
        bytes_max: u64,
    },

    /// The range does not lie inside the object.
    #[error("object {id}: range {start}..{end} does not lie in its {size_bytes} bytes")]
    Range {
        /// The object.
        id: ObjectId,
        /// First byte asked for.
        start: u64,
        /// Byte after the last one asked for.
        end: u64,
        /// Size of the plain bytes.
        size_bytes: u64,
    },

    /// An earlier call on this writer failed or was cancelled; what was written is gone.
    #[error("object {id}: the writer failed earlier")]
    WriterFailed {
        /// The object.
        id: ObjectId,
    },

    /// The store itself failed: disk full, no permission, network, refused credentials.
    #[error("{action} {id}: {reason}")]
    Store {
        /// What was being done, as in "read object".
        action: &'static str,
        /// The object, or the name of the probe.
        id: String,
        /// Why, without credentials.
        reason: String,
    },
}
