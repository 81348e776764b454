//! `PUT <upload-url>`: spooled, checked, stored, and only then `uploaded`.

use crate::app::App;
use crate::configuration_versions::model::ConfigurationStatus;
use crate::configuration_versions::store::{self, ConfigurationVersion};
use crate::ids::{ConfigurationVersionId, UserId};
use crate::platform::db::Tx;
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::objects;
use crate::{runs, workspaces};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures_util::StreamExt;
use std::fs::File;
use std::io::{self, Read, Seek};
use terrane_blob::{Object, ObjectId};
use terrane_jsonapi::Errors;

const COPY_BYTES: usize = 256 * 1024;

/// Takes an archive. A second upload is accepted and changes nothing (api-contract section 20 row 4).
pub async fn upload(app: &App, id: &str, body: Body) -> ApiResult {
    let id = ConfigurationVersionId::from(id.to_owned());
    let version = store::find(&app.db, &id).await?.ok_or_else(ApiError::not_found)?;
    let spool = checked(app, spool(app, body).await?).await?;
    if version.status == ConfigurationStatus::Uploaded {
        return Ok(StatusCode::OK.into_response());
    }
    let object = keep(app, spool).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The workspace's row first, as everywhere: a run may be made below.
    let is_there = workspaces::store::guard(&mut tx, &version.workspace_id, now).await?;
    objects::store::insert(&mut tx, &object, now).await?;
    let is_first = is_there && store::set_uploaded(&mut tx, &id, object.id.as_str(), now).await?;
    if !is_first {
        objects::store::discard(&mut tx, object.id.as_str(), now).await?;
    }
    let made = match is_first && version.auto_queue_runs {
        true => queue_run(app, &mut tx, &version).await?,
        false => None,
    };
    tx.commit().await?;
    if let Some(made) = made {
        made.announce(app);
    }
    if is_there { Ok(StatusCode::OK.into_response()) } else { Err(ApiError::not_found()) }
}

/// Writes the body to an unnamed file: nothing is left of an upload that is cut off half way.
async fn spool(app: &App, body: Body) -> ApiResult<File> {
    let limit = app.config.limits.archive_bytes_max;
    let idle = app.config.limits.body_idle_timeout;
    let file = blocking(tempfile::tempfile).await?;
    let mut file = tokio::io::BufWriter::new(tokio::fs::File::from_std(file));
    let mut body = body.into_data_stream();
    let mut size = 0_u64;
    loop {
        let bytes: Bytes = match tokio::time::timeout(idle, body.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(bytes))) => bytes,
            Ok(Some(Err(_))) => {
                return Err(Errors::malformed("the archive was cut off; upload it again").into());
            }
            Err(_) => {
                return Err(Errors::new(
                    408,
                    "request timeout",
                    "the archive stopped arriving; upload it again",
                )
                .into());
            }
        };
        size += bytes.len() as u64;
        if size > limit {
            return Err(Errors::new(
                413,
                "archive too large",
                format!("the archive is larger than {limit} bytes"),
            )
            .into());
        }
        tokio::io::AsyncWriteExt::write_all(&mut file, &bytes).await.map_err(|error| broken(&error))?;
    }
    tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(|error| broken(&error))?;
    Ok(file.into_inner().into_std().await)
}

/// Walks the whole archive as an agent would, without writing anything.
async fn checked(app: &App, mut spool: File) -> ApiResult<File> {
    let limits = app.config.limits.archive.clone();
    let walked = tokio::task::spawn_blocking(move || {
        spool.rewind()?;
        let summary = terrane_slug::inspect(&spool, &limits);
        Ok::<_, io::Error>((spool, summary))
    });
    let (spool, summary) =
        walked.await.map_err(|error| ApiError::Broken(error.to_string()))?.map_err(|error| broken(&error))?;
    match summary {
        Ok(_) => Ok(spool),
        Err(error) => {
            let detail = format!(
                "the archive cannot be used: {error}; it must be a gzip-compressed tar of the configuration"
            );
            Err(ApiError::unprocessable("invalid archive", detail))
        }
    }
}

async fn keep(app: &App, mut spool: File) -> ApiResult<Object> {
    spool.rewind().map_err(|error| broken(&error))?;
    let mut writer = app.blobs.writer(ObjectId::random());
    loop {
        let (file, bytes) = blocking(move || {
            let mut bytes = vec![0; COPY_BYTES];
            let count = spool.read(&mut bytes)?;
            bytes.truncate(count);
            Ok((spool, bytes))
        })
        .await?;
        if bytes.is_empty() {
            return Ok(writer.finish().await?);
        }
        spool = file;
        writer.write(&bytes).await?;
    }
}

/// `auto-queue-runs`: the upload starts a run in the name of whoever made the configuration version, in the same
/// transaction: an upload that was acknowledged has its run. A workspace that takes no runs takes the upload all the same.
async fn queue_run(app: &App, tx: &mut Tx, version: &ConfigurationVersion) -> ApiResult<Option<runs::Made>> {
    let Some(creator) = version.created_by.clone() else { return Ok(None) };
    let new = runs::NewRun {
        configuration_version: Some(version.id.clone()),
        source: "tfe-configuration-version",
        ..runs::NewRun::of_server()
    };
    match runs::create_in(app, tx, &version.workspace_id, &UserId::from(creator), new).await {
        Ok(made) => Ok(Some(made)),
        Err(ApiError::Told(errors)) => {
            let detail = errors.objects().first().and_then(|error| error.detail.clone());
            tracing::info!(configuration_version.id = %version.id, detail, "an upload starts no run");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> ApiResult<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ApiError::Broken(error.to_string()))?
        .map_err(|error| broken(&error))
}

fn broken(error: &io::Error) -> ApiError {
    ApiError::Broken(format!("failed to spool an archive: {error}"))
}
