//! The states of a configuration version.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a configuration version stands (api-contract section 6).
    pub enum ConfigurationStatus {
        /// Waits for its archive.
        Pending = "pending",
        /// Has it.
        Uploaded = "uploaded",
    }
}
