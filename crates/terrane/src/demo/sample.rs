//! The sample configuration: creates, a sensitive value, a module and an output. It needs no provider.

use terrane_slug::pack_files;

/// The sample as a configuration archive.
pub fn archive() -> Vec<u8> {
    pack_files(&[
        ("main.tf", include_bytes!("sample/main.tf").as_slice()),
        ("modules/network/main.tf", include_bytes!("sample/modules/network/main.tf").as_slice()),
    ])
}
