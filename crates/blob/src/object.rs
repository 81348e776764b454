//! What the database row of an object holds.

use crate::id::ObjectId;
use std::fmt;

/// All that is needed to read an object again, exactly as it stands in the database row.
#[derive(Clone, PartialEq, Eq)]
pub struct Object {
    /// Its random name.
    pub id: ObjectId,
    /// Version of the stored format, see the crate documentation.
    pub format_version: i64,
    /// Size of the plain bytes.
    pub size_bytes: u64,
    /// Size of what lies in the store.
    pub stored_bytes: u64,
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
    /// The object's data key, sealed with the master key. Deleting every copy of it erases the object.
    pub wrapped_key: Vec<u8>,
}

/// Leaves out the digest, which would confirm a guessed content, and the wrapped key.
impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Object")
            .field("id", &self.id)
            .field("format_version", &self.format_version)
            .field("size_bytes", &self.size_bytes)
            .field("stored_bytes", &self.stored_bytes)
            .finish_non_exhaustive()
    }
}
