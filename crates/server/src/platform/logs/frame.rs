//! The framed stream: 0x02, preamble, stored bytes, 0x03.

use crate::plans::model::PlanStatus;
use terrane_wire::EngineKind;

/// The first byte of every log that has begun.
const BEGIN: u8 = 0x02;
/// The last byte of every log that is complete.
const END: u8 = 0x03;

/// Where a framed log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    head: Vec<u8>,
    stored: u64,
    complete: bool,
}

/// What to read for a window: pieces in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Stored bytes from here, so many at the most.
    Stored {
        /// Offset among the stored bytes.
        from: u64,
        /// At most this many.
        length: u64,
    },
}

impl Frame {
    /// The frame of a phase's log. A phase that never left `pending` has an empty one.
    pub fn new(
        status: PlanStatus,
        was_queued: bool,
        engine: Option<(EngineKind, &str)>,
        stored: u64,
    ) -> Self {
        if !was_queued {
            return Self { head: Vec::new(), stored: 0, complete: false };
        }
        let mut head = vec![BEGIN];
        if let Some((kind, version)) = engine {
            head.extend_from_slice(preamble(kind, version).as_bytes());
        }
        Self { head, stored, complete: status.is_final() }
    }

    /// Bytes of the framed stream so far.
    pub fn size(&self) -> u64 {
        self.head.len() as u64 + self.stored + u64::from(self.complete)
    }

    /// Whether nothing will be added: a plan that never ran, or a log with its last byte.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The pieces of a window.
    pub fn window(&self, offset: u64, limit: u64) -> Vec<Piece> {
        let end = offset.saturating_add(limit).min(self.size());
        let head_size = self.head.len() as u64;
        let mut pieces = Vec::new();
        if offset < head_size.min(end) {
            let range =
                usize::try_from(offset).unwrap_or(0)..usize::try_from(head_size.min(end)).unwrap_or(0);
            pieces.push(Piece::Bytes(self.head[range].to_vec()));
        }
        let (from, to) =
            (offset.max(head_size) - head_size, end.min(head_size + self.stored).saturating_sub(head_size));
        if from < to {
            pieces.push(Piece::Stored { from, length: to - from });
        }
        if self.complete && end == self.size() && offset < end {
            pieces.push(Piece::Bytes(vec![END]));
        }
        pieces
    }
}

/// Three lines: for applies the CLI drops exactly so many (api-contract 3.9).
fn preamble(kind: EngineKind, version: &str) -> String {
    format!(
        "{} v{version}\non {}_{}\nInitializing plugins and modules...\n",
        kind.title(),
        std::env::consts::OS,
        go_arch()
    )
}

/// The processor's name as engines write it.
fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frame: &Frame, stored: &[u8], offset: u64, limit: u64) -> Vec<u8> {
        frame
            .window(offset, limit)
            .into_iter()
            .flat_map(|piece| match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Stored { from, length } => {
                    stored[usize::try_from(from).unwrap()..][..usize::try_from(length).unwrap()].to_vec()
                }
            })
            .collect()
    }

    #[test]
    fn a_plan_that_never_ran_has_no_log() {
        let frame = Frame::new(PlanStatus::Unreachable, false, None, 0);
        assert_eq!((frame.size(), frame.window(0, 100)), (0, Vec::new()));
    }

    #[test]
    fn an_empty_finished_log_is_two_bytes() {
        let frame = Frame::new(PlanStatus::Canceled, true, None, 0);
        assert_eq!(text(&frame, b"", 0, 100), [BEGIN, END]);
        assert_eq!(text(&frame, b"", 2, 100), b"");
    }

    #[test]
    fn every_window_of_every_size_joins_to_the_same_bytes() {
        let stored = b"Plan: 1 to add\n";
        for status in [PlanStatus::Running, PlanStatus::Finished] {
            let frame = Frame::new(status, true, Some((EngineKind::Tofu, "1.12.6")), stored.len() as u64);
            let whole = text(&frame, stored, 0, 1000);
            assert!(whole.starts_with(b"\x02OpenTofu v1.12.6\non "));
            assert_eq!(whole.ends_with(&[END]), status.is_final());
            for limit in 1..=whole.len() as u64 + 1 {
                let mut joined = Vec::new();
                while (joined.len() as u64) < frame.size() {
                    joined.extend(text(&frame, stored, joined.len() as u64, limit));
                }
                assert_eq!(joined, whole, "limit {limit}");
            }
            assert_eq!(text(&frame, stored, 10_000, 5), b"");
        }
    }
}
