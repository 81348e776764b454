//! Downloads, with limits.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::{limits::CatalogueLimits, progress::Progress};
use crate::engines::hex;

/// A chain of redirects is shorter.
const REDIRECTS_MAX: usize = 5;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The server does not have it.
    #[error("there is no {0}")]
    Missing(String),
    /// The server answers something else.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// What came.
        status: u16,
    },
    /// It broke off, or never began.
    #[error("failed to download {url}: {reason}")]
    Broken {
        /// What was asked for.
        url: String,
        /// Why.
        reason: String,
    },
    /// It does not end.
    #[error("{url} is larger than {bytes_max} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        bytes_max: u64,
    },
    /// The disk failed.
    #[error("failed to write {path}: {error}")]
    Disk {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Downloads.
pub(super) struct Transfer<'a> {
    client: reqwest::Client,
    progress: &'a dyn Progress,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(limits: &CatalogueLimits, progress: &'a dyn Progress) -> Result<Self, TransferError> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("terrane/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::limited(REDIRECTS_MAX))
            .connect_timeout(limits.connect_timeout)
            .read_timeout(limits.idle_timeout)
            .build()
            .map_err(|error| TransferError::Broken { url: "anything".to_owned(), reason: causes(&error) })?;
        Ok(Self { client, progress })
    }

    /// A small file, into memory.
    pub(super) async fn read(&self, url: &str, bytes_max: u64) -> Result<Vec<u8>, TransferError> {
        let mut content = Vec::new();
        let mut response = self.ask(url, bytes_max).await?;
        while let Some(piece) = response.chunk().await.map_err(broken(url))? {
            content.extend_from_slice(&piece);
            check_size(url, content.len() as u64, bytes_max)?;
        }
        Ok(content)
    }

    /// A large file, to the disk; its hex SHA-256.
    pub(super) async fn save(
        &self,
        url: &str,
        path: &Utf8Path,
        bytes_max: u64,
    ) -> Result<String, TransferError> {
        let disk = |error| TransferError::Disk { path: path.to_owned(), error };
        let mut response = self.ask(url, bytes_max).await?;
        let name = url.rsplit('/').next().unwrap_or(url);
        self.progress.begin(name, response.content_length());
        let mut file = tokio::fs::File::create_new(path).await.map_err(disk)?;
        let mut hasher = Sha256::new();
        let mut size_bytes = 0;
        let outcome = async {
            while let Some(piece) = response.chunk().await.map_err(broken(url))? {
                size_bytes += piece.len() as u64;
                check_size(url, size_bytes, bytes_max)?;
                hasher.update(&piece);
                file.write_all(&piece).await.map_err(disk)?;
                self.progress.advance(piece.len() as u64);
            }
            file.flush().await.map_err(disk)
        };
        let outcome = outcome.await;
        self.progress.end();
        outcome.map(|()| hex(&hasher.finalize()))
    }

    async fn ask(&self, url: &str, bytes_max: u64) -> Result<reqwest::Response, TransferError> {
        let response = self.client.get(url).send().await.map_err(broken(url))?;
        match response.status().as_u16() {
            200 => {}
            404 | 410 => return Err(TransferError::Missing(url.to_owned())),
            status => return Err(TransferError::Status { url: url.to_owned(), status }),
        }
        check_size(url, response.content_length().unwrap_or(0), bytes_max)?;
        Ok(response)
    }
}

fn check_size(url: &str, size_bytes: u64, bytes_max: u64) -> Result<(), TransferError> {
    if size_bytes > bytes_max {
        return Err(TransferError::TooLarge { url: url.to_owned(), bytes_max });
    }
    Ok(())
}

fn broken(url: &str) -> impl Fn(reqwest::Error) -> TransferError {
    move |error| TransferError::Broken { url: url.to_owned(), reason: causes(&error.without_url()) }
}

/// The error and what lies below it: the outermost alone says next to nothing.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
