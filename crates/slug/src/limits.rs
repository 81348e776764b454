//! How much an archive may unpack to, and what it did unpack to.

/// Bounds on one archive. The default suits configurations that teams really upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Decompressed bytes in all, tar headers and padding included.
    pub unpacked_bytes_max: u64,
    /// Entries in all, with the directories that only their children name.
    pub entries_max: u64,
    /// Bytes of one name or link target; at most 4095 whatever is set, which is what the system takes.
    pub path_bytes_max: usize,
    /// Components of one name.
    pub depth_max: usize,
    /// Decompressed bytes for each compressed byte.
    pub ratio_max: u64,
    /// Decompressed bytes up to which the ratio does not matter.
    pub ratio_free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked_bytes_max: 1 << 30,
            entries_max: 100_000,
            path_bytes_max: 1024,
            depth_max: 64,
            ratio_max: 200,
            ratio_free_bytes: 64 << 20,
        }
    }
}

impl Limits {
    /// No names longer than the system can open, whatever was configured.
    pub(crate) fn path_bytes(&self) -> usize {
        self.path_bytes_max.min(4095)
    }
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Regular files.
    pub files: u64,
    /// Directories, with those that only their children name; the root is not counted.
    pub directories: u64,
    /// Symbolic links.
    pub symlinks: u64,
    /// Bytes in the regular files.
    pub unpacked_bytes: u64,
}
