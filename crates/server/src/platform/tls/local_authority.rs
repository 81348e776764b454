//! Certificates for a server that nobody else vouches for: an authority of its own, kept in the data directory so that
//! clients need to be told of it only once, and a certificate from it that is new with every start.

use super::certificate::TlsError;
use crate::clock::Time;
use camino::{Utf8Path, Utf8PathBuf};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// In the data directory.
pub(super) const FOLDER: &str = "tls";
/// The authority's certificate, from the data directory: what clients are given.
pub const AUTHORITY_FILE: &str = "tls/authority.pem";

const AUTHORITY_NAME: &str = "terrane local authority";
const DAY: Duration = Duration::from_secs(24 * 3600);
const AUTHORITY_LIFE: Duration = Duration::from_secs(20 * 365 * 24 * 3600);
/// The longest that all clients accept.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(397 * 24 * 3600);

/// What the listener shows.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) certificate: Utf8PathBuf,
    pub(super) key: Utf8PathBuf,
}

/// A certificate for these names and addresses.
pub(super) fn issue(folder: &Utf8Path, names: Vec<String>, now: Time) -> Result<Files, TlsError> {
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let (authority_file, key_file) = (folder.join("authority.pem"), folder.join("authority.key"));
    let authority_key = match std::fs::read_to_string(&key_file) {
        Ok(text) => KeyPair::from_pem(&text).map_err(|error| failed(&key_file, &error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(|error| failed(&key_file, &error))?;
            let authority =
                authority(now).self_signed(&key).map_err(|error| failed(&authority_file, &error))?;
            // The certificate first: with a key but no certificate, nobody could be told whom to trust.
            write(&authority_file, &authority.pem(), 0o644)?;
            write(&key_file, &key.serialize_pem(), 0o600)?;
            key
        }
        Err(error) => return Err(failed(&key_file, &error)),
    };
    let files = Files { certificate: folder.join("server.pem"), key: folder.join("server.key") };
    let key = KeyPair::generate().map_err(|error| failed(&files.key, &error))?;
    let wrong = |error| failed(&files.certificate, &error);
    let issuer = Issuer::new(authority(now), authority_key);
    let certificate = server(names, now).map_err(wrong)?.signed_by(&key, &issuer).map_err(wrong)?;
    write(&files.certificate, &certificate.pem(), 0o644)?;
    write(&files.key, &key.serialize_pem(), 0o600)?;
    Ok(files)
}

fn authority(now: Time) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, AUTHORITY_NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    live(&mut params, now, AUTHORITY_LIFE);
    params
}

fn server(names: Vec<String>, now: Time) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "terrane");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    live(&mut params, now, CERTIFICATE_LIFE);
    Ok(params)
}

/// From the day before, for clients whose clock is behind.
fn live(params: &mut CertificateParams, now: Time, life: Duration) {
    let now = Duration::from_micros(u64::try_from(now.0).unwrap_or_default());
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(DAY);
    params.not_after = epoch + now.saturating_sub(DAY) + life;
}

/// In one step, so that no start finds half a file.
fn write(path: &Utf8Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let fresh = path.with_extension("new");
    let written = || {
        let _ = std::fs::remove_file(&fresh);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    };
    written().map_err(|error| failed(path, &error))
}

fn failed(path: &Utf8Path, reason: &dyn std::fmt::Display) -> TlsError {
    TlsError::Authority { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_authority_stays_and_its_keys_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::from_path_buf(folder.path().join("tls")).unwrap();
        let now = Time(1_800_000_000_000_000);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let first = issue(&folder, vec!["localhost".to_owned(), "127.0.0.1".to_owned()], now).unwrap();
        let (authority, certificate) = (read("authority.pem"), read("server.pem"));
        issue(&folder, vec!["terrane.example".to_owned()], now).unwrap();
        assert_eq!(read("authority.pem"), authority);
        assert_ne!(read("server.pem"), certificate);
        for name in ["authority.key", "server.key"] {
            let mode = std::fs::metadata(folder.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(first.key, folder.join("server.key"));
        std::fs::write(folder.join("authority.key"), "broken").unwrap();
        let error = issue(&folder, vec!["localhost".to_owned()], now).unwrap_err();
        assert!(error.to_string().contains("authority.key"), "{error}");
    }
}
