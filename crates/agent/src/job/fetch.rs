//! A job's configuration, downloaded and unpacked.

use std::{fs::File, io};

use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use terrane_wire::ConfigurationSource;
use tokio::io::AsyncWriteExt;

use super::folder::Folder;
use crate::{
    client::{Backoff, CallError, Connection},
    engines::hex,
};

/// Tries before giving up on a server that answers, but not with the archive.
const TRIES_MAX: u32 = 5;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// The server does not give it.
    #[error("failed to download the configuration: {0}")]
    Call(#[from] CallError),
    /// What came is not what was announced.
    #[error("failed to download the configuration: what came is not what was uploaded")]
    Altered,
    /// The disk failed.
    #[error("failed to store the configuration: {0}")]
    Io(#[from] io::Error),
    /// The archive was refused.
    #[error("failed to unpack the configuration: {0}")]
    Unpack(#[from] terrane_slug::Error),
}

/// Leaves the configuration in the job's folder.
pub(super) async fn fetch(
    connection: &Connection,
    source: &ConfigurationSource,
    folder: &Folder,
) -> Result<(), FetchError> {
    let mut backoff = Backoff::new();
    let mut tries = 0;
    while let Err(error) = download(connection, source, folder).await {
        tries += 1;
        let is_final = match &error {
            FetchError::Call(error) => error.is_final(),
            FetchError::Altered => false,
            FetchError::Io(_) | FetchError::Unpack(_) => true,
        };
        let is_away = matches!(error, FetchError::Call(CallError::Transport(_)));
        if is_final || (tries >= TRIES_MAX && !is_away) {
            return Err(error);
        }
        tracing::warn!(configuration = source.id, %error, "trying again");
        backoff.wait().await;
    }
    let (archive, config) = (folder.archive(), folder.config());
    let unpack = move || -> Result<(), FetchError> {
        terrane_slug::unpack(File::open(&archive)?, config.as_std_path(), &terrane_slug::Limits::default())?;
        Ok(std::fs::remove_file(&archive)?)
    };
    tokio::task::spawn_blocking(unpack).await.map_err(io::Error::other)?
}

async fn download(
    connection: &Connection,
    source: &ConfigurationSource,
    folder: &Folder,
) -> Result<(), FetchError> {
    let mut body = connection.get_object(source.url.expose()).await?;
    let mut file = tokio::io::BufWriter::with_capacity(
        256 * 1024,
        tokio::fs::File::from_std(File::create(folder.archive())?),
    );
    let mut hasher = Sha256::new();
    let mut size_bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| CallError::Transport(error.into()))?;
        let Ok(data) = frame.into_data() else { continue };
        size_bytes += data.len() as u64;
        if size_bytes > source.size_bytes {
            return Err(FetchError::Altered);
        }
        hasher.update(&data);
        file.write_all(&data).await?;
    }
    file.flush().await?;
    let is_right =
        size_bytes == source.size_bytes && hex(&hasher.finalize()).eq_ignore_ascii_case(&source.sha256);
    if is_right { Ok(()) } else { Err(FetchError::Altered) }
}
