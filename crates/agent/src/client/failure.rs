//! Why a call failed, and whether to try again.

use std::time::Duration;

use http::StatusCode;
use tower::BoxError;

/// A server that is away is waited for as long as this, with what must not be lost: states and reports.
pub(crate) const AWAY_MAX: Duration = Duration::from_hours(24);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer: try again.
    #[error("the server cannot be reached: {0}")]
    Transport(BoxError),
    /// No answer within the time the call may take: try again.
    #[error("the server did not answer within {} seconds", .0.as_secs())]
    Slow(Duration),
    /// An answer that is not the one hoped for.
    #[error("the server answered {status}: {detail}")]
    Status {
        /// The status code.
        status: StatusCode,
        /// What it says, in one line.
        detail: String,
        /// Set when the answer to a log call names the right offset.
        next_offset: Option<u64>,
    },
    /// The answer has another shape.
    #[error("the server's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

impl CallError {
    /// The job is no longer this agent's.
    pub(crate) fn is_lost(&self) -> bool {
        let Self::Status { status, next_offset: None, .. } = self else { return false };
        matches!(*status, StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::GONE)
    }

    /// Trying again makes no sense, because the server understood and refused.
    pub(crate) fn is_final(&self) -> bool {
        let Self::Status { status, .. } = self else { return false };
        let is_temporary = matches!(
            *status,
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
        status.is_client_error() && !is_temporary
    }

    /// The server does not know what the call is about.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::NOT_FOUND, .. })
    }

    /// The server will not have this agent, however often it says hello.
    pub(crate) fn is_unwelcome(&self) -> bool {
        let Self::Status { status, .. } = self else { return false };
        *status == StatusCode::UNAUTHORIZED || self.is_final()
    }

    /// Nobody answered.
    pub(crate) fn is_away(&self) -> bool {
        matches!(self, Self::Transport(_) | Self::Slow(_))
    }

    /// What the server said of its refusal, for people.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Status { detail, .. } if !detail.is_empty() => detail.clone(),
            other => other.to_string(),
        }
    }
}

/// Waits longer each time, and never the same for two agents.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);

    pub(crate) fn new() -> Self {
        Self::up_to(Self::LONGEST)
    }

    /// Never waits longer than this.
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self { next: Self::FIRST.min(longest), longest }
    }

    pub(crate) async fn wait(&mut self) {
        let wait = self.next.mul_f64(rand::random_range(0.5..1.0));
        self.next = (self.next * 2).min(self.longest);
        tokio::time::sleep(wait).await;
    }
}
