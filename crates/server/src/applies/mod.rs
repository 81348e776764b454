//! Applies. Each run has one from its creation; until something applies it waits (`pending`) or never will
//! (`unreachable`).

pub mod store;
