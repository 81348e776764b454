//! The name of a server's embedded agent.
//!
//! At its start a server ends the jobs that an agent of this name holds, and its token replaces the one before. So the
//! name is the server's own, kept in its data directory: other servers on the same database have others. Where a data
//! directory is lost with its server, the jobs end with their lease.

use crate::ids::random_text;
use camino::Utf8Path;
use std::fs::{self, File};
use std::io::{self, Write};

const FILE_NAME: &str = "agent-name";
const RANDOM_CHARS: usize = 16;

/// The name, made at the first start. The caller has the lock of the data directory.
pub fn embedded_agent_name(data_dir: &Utf8Path) -> io::Result<String> {
    let path = data_dir.join(FILE_NAME);
    match fs::read_to_string(&path) {
        Ok(name) => return Ok(name.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let name = format!("embedded-{}", random_text(RANDOM_CHARS));
    // Whole or not there: half a name would be another server's, or nobody's.
    let partial = data_dir.join(format!("{FILE_NAME}.tmp"));
    let mut file = File::create(&partial)?;
    writeln!(file, "{name}")?;
    file.sync_all()?;
    fs::rename(partial, path)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::embedded_agent_name;
    use camino::Utf8Path;

    #[test]
    fn each_data_directory_has_its_own_and_keeps_it() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let name = |folder: &tempfile::TempDir| {
            embedded_agent_name(Utf8Path::from_path(folder.path()).unwrap()).unwrap()
        };
        assert_eq!(name(&one), name(&one));
        assert_ne!(name(&one), name(&other));
    }
}
