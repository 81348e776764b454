//! The dependency lock file: read after a plan, put back before its apply.

use std::{
    fs,
    fs::File,
    io,
    io::{Read, Write},
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use terrane_wire::LOCK_FILE_BYTES_MAX;

use super::{folder::Folder, inside::open_inside};
use crate::engines::hex;

const NAME: &str = ".terraform.lock.hcl";

/// Its place, relative to the job's folder.
pub(super) fn place(folder: &Folder, module: &Utf8Path) -> io::Result<Utf8PathBuf> {
    let root = folder.root().canonicalize_utf8()?;
    Ok(module.strip_prefix(&root).unwrap_or(module).join(NAME))
}

/// Its text, when there is one.
pub(super) fn read(folder: &Folder, place: &Utf8Path) -> Result<Option<String>, String> {
    let file = match open_inside(folder, place.as_str()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|error| format!("the dependency lock file cannot be read: {error}"))?,
    };
    let mut content = Vec::new();
    file.take(LOCK_FILE_BYTES_MAX + 1)
        .read_to_end(&mut content)
        .map_err(|error| format!("the dependency lock file cannot be read: {error}"))?;
    if content.len() as u64 > LOCK_FILE_BYTES_MAX {
        return Err(format!("the dependency lock file is larger than {LOCK_FILE_BYTES_MAX} bytes"));
    }
    String::from_utf8(content).map(Some).map_err(|_| "the dependency lock file is not UTF-8".to_owned())
}

/// Its hash, when there is one.
pub(super) fn sha256(folder: &Folder, place: &Utf8Path) -> Result<Option<String>, String> {
    Ok(read(folder, place)?.map(|text| hex(&Sha256::digest(text.as_bytes()))))
}

/// Puts it into a root module, in place of the one that the configuration brings.
pub(super) fn write(module: &Utf8Path, text: &str) -> io::Result<()> {
    let path = module.join(NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Created new, because a link of that name must not lead the write elsewhere.
    File::create_new(&path)?.write_all(text.as_bytes())
}
