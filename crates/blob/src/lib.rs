//! Write-once objects over object_store: zstd frames, AEAD, SHA-256 checked on read.
//!
//! An object is written once under a random [`ObjectId`] and is durable when [`Writer::finish`] returns. What is needed
//! to read it again is its [`Object`], which stands in a database row: sizes, SHA-256 and the object's own key, wrapped
//! with a key derived from the [`MasterKey`]. Deleting the wrapped key erases the object.
//!
//! Plain bytes are cut into frames of 256 KiB, each compressed and sealed by itself, so that a range costs one small
//! read from the tail and the frames it touches. Anything but the bytes that were written answers [`Error::Corrupt`]:
//! a flipped bit, a cut end, frames in another order, another object under the same name, a row that was changed.
//!
//! Compression hides nothing about size: who can choose part of an object and see its stored size can guess at the
//! rest. Sizes are shown to nobody who may not read the object.

mod blobs;
mod cpu;
mod error;
mod format;
mod frame;
mod frames;
mod id;
mod key;
mod local;
mod object;
mod place;
mod probe;
mod random;
mod reader;
mod recent;
mod redact;
mod source;
mod upload;
mod wrap;
mod writer;

pub use blobs::Blobs;
pub use error::Error;
pub use id::ObjectId;
pub use key::MasterKey;
pub use object::Object;
pub use reader::Reader;
pub use writer::Writer;
