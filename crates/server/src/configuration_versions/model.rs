//! The states of a configuration version, and what may be done with its archive in each.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a configuration version stands (api-contract section 6).
    pub enum ConfigurationStatus {
        /// Waits for its archive.
        Pending = "pending",
        /// Has it.
        Uploaded = "uploaded",
        /// Had it; it is deleted, the record stays.
        Archived = "archived",
        /// Has it, and it is to be deleted.
        SoftDeleted = "backing_data_soft_deleted",
        /// Had it; it is deleted for good.
        PermanentlyDeleted = "backing_data_permanently_deleted",
    }
}

text_enum! {
    /// What is done with the archive of a configuration version.
    pub enum Disposal {
        /// Delete it and keep the record.
        Archive = "archive",
        /// Say that it is to be deleted; it cannot be used any more.
        SoftDelete = "soft delete",
        /// Take that back.
        Restore = "restore",
        /// Delete it for good.
        PermanentlyDelete = "permanently delete",
    }
}

impl Disposal {
    /// The states it leads between.
    pub fn moves(self) -> (ConfigurationStatus, ConfigurationStatus) {
        use ConfigurationStatus::{Archived, PermanentlyDeleted, SoftDeleted, Uploaded};
        match self {
            Self::Archive => (Uploaded, Archived),
            Self::SoftDelete => (Uploaded, SoftDeleted),
            Self::Restore => (SoftDeleted, Uploaded),
            Self::PermanentlyDelete => (SoftDeleted, PermanentlyDeleted),
        }
    }

    /// Whether runs that need the archive stand in its way.
    pub fn takes_it_from_runs(self) -> bool {
        matches!(self, Self::Archive | Self::SoftDelete)
    }

    /// Whether the stored archive goes.
    pub fn deletes(self) -> bool {
        matches!(self, Self::Archive | Self::PermanentlyDelete)
    }

    /// The key of `status-timestamps`.
    pub fn timestamp(self) -> &'static str {
        match self {
            Self::Archive => "archived-at",
            Self::SoftDelete => "soft-delete-backing-data-at",
            Self::Restore => "restore-backing-data-at",
            Self::PermanentlyDelete => "permanently-delete-backing-data-at",
        }
    }

    /// What has been done, in an error's words.
    pub fn done(self) -> &'static str {
        match self {
            Self::Archive => "archived",
            Self::SoftDelete => "soft deleted",
            Self::Restore => "restored",
            Self::PermanentlyDelete => "permanently deleted",
        }
    }

    /// The status of a refusal (api-contract 2.5): garbage collection answers 400, an archive 409.
    pub fn refusal(self) -> u16 {
        if self == Self::Archive { 409 } else { 400 }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConfigurationStatus, Disposal};

    #[test]
    fn only_what_is_softly_deleted_can_be_had_back() {
        for disposal in Disposal::ALL {
            let (from, to) = disposal.moves();
            assert_eq!(to == ConfigurationStatus::Uploaded, *disposal == Disposal::Restore);
            assert!(!disposal.deletes() || to != ConfigurationStatus::SoftDeleted);
            let is_for_good =
                matches!(from, ConfigurationStatus::Archived | ConfigurationStatus::PermanentlyDeleted);
            assert!(!is_for_good, "{disposal:?}");
        }
    }
}
