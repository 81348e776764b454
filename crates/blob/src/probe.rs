//! Whether the store works at this moment.

use crate::error::Error;
use crate::id::ObjectId;
use crate::place::Place;
use crate::random;
use futures_util::StreamExt as _;
use object_store::ObjectStoreExt as _;

/// See [`crate::Blobs::check`]. A bucket bills every write, and keeps versions, so there one is enough.
pub(crate) async fn check(place: &Place) -> Result<(), Error> {
    let outcome =
        if !place.is_local() && place.was_written() { list(place).await } else { write(place).await };
    outcome.map_err(|reason| Error::Store {
        action: "check the blob store with",
        id: "a probe".to_owned(),
        reason,
    })
}

async fn list(place: &Place) -> Result<(), String> {
    match place.store().list(Some(&place.objects())).next().await {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(place.hide(&error)),
    }
}

async fn write(place: &Place) -> Result<(), String> {
    let hide = |error| place.hide(&error);
    let path = place.probe(ObjectId::random().as_str());
    let written = random::bytes::<32>().to_vec();
    place.store().put(&path, written.clone().into()).await.map_err(hide)?;
    let read = async { place.store().get(&path).await?.bytes().await }.await;
    place.store().delete(&path).await.map_err(hide)?;
    if read.map_err(hide)? != written {
        return Err("it came back changed".to_owned());
    }
    place.set_written();
    Ok(())
}
