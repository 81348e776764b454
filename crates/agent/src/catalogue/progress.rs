//! What an install tells while it is under way.

/// Hears how far an install is.
pub trait Progress: Send + Sync {
    /// One step begins; `total_bytes` is known for most downloads.
    fn begin(&self, what: &str, total_bytes: Option<u64>);
    /// So much more of it is done.
    fn advance(&self, bytes: u64);
    /// The step is over.
    fn end(&self);
    /// Something a person wants to know.
    fn note(&self, text: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total_bytes: Option<u64>) {}
    fn advance(&self, _bytes: u64) {}
    fn end(&self) {}
    fn note(&self, _text: &str) {}
}
