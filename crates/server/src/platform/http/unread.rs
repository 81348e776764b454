//! Reads on what a handler has left unread of a request's body. A connection that is closed with unread bytes is
//! reset, and with it goes the answer that says why: the client sees a broken pipe instead of a 403 or a 413.

use axum::body::{Bytes, HttpBody};
use axum::http::{Request, header};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// More than this is not read on.
const READ_ON_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Nor for longer.
const READ_ON_TIME_MAX: Duration = Duration::from_secs(30);

/// A request's body; what is left of it when it is dropped is read and forgotten.
#[derive(Debug)]
pub(super) struct ReadToEnd {
    body: Option<Incoming>,
}

/// Wraps the body of a request as it comes from the connection.
pub(super) fn read_to_end(request: Request<Incoming>) -> Request<axum::body::Body> {
    // Who asks before sending has sent nothing yet, and need not be told to.
    let asks_first = request.headers().contains_key(header::EXPECT);
    request.map(|body| {
        if asks_first {
            axum::body::Body::new(body)
        } else {
            axum::body::Body::new(ReadToEnd { body: Some(body) })
        }
    })
}

impl HttpBody for ReadToEnd {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(context);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for ReadToEnd {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        // Without a runtime the server is ending, and every connection with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Out of time is as good as done.
                let _ = tokio::time::timeout(READ_ON_TIME_MAX, read_on(body)).await;
            });
        }
    }
}

async fn read_on(mut body: Incoming) {
    let mut left = READ_ON_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let size = frame.data_ref().map_or(0, Bytes::len) as u64;
        match left.checked_sub(size) {
            Some(less) => left = less,
            None => return,
        }
    }
}
