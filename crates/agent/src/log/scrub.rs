//! Replaces secrets in a stream of bytes, wherever the stream is cut.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};

const REPLACEMENT: &[u8] = b"(sensitive value)";

/// Finds the longest of the leftmost secrets. What comes out does not depend on how the input was cut.
pub(crate) struct Scrubber {
    /// `None` when there is nothing to look for.
    automaton: Option<AhoCorasick>,
    /// Sorted, to find those that begin as the input ends.
    patterns: Vec<Vec<u8>>,
    is_first_byte: [bool; 256],
    longest_bytes: usize,
    /// Input that may be the beginning of a secret.
    held: Vec<u8>,
}

impl Scrubber {
    /// Takes the forms to look for, none of which may be empty.
    pub(crate) fn new(mut patterns: Vec<Vec<u8>>) -> Result<Self, BuildError> {
        patterns.retain(|pattern| !pattern.is_empty());
        patterns.sort_unstable();
        let mut is_first_byte = [false; 256];
        for pattern in &patterns {
            is_first_byte[usize::from(pattern[0])] = true;
        }
        let longest_bytes = patterns.iter().map(Vec::len).max().unwrap_or(0);
        let automaton = if patterns.is_empty() {
            None
        } else {
            // The contiguous automaton is small and quick to build, also for long secrets.
            let mut builder = AhoCorasick::builder();
            builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::ContiguousNFA));
            Some(builder.build(&patterns)?)
        };
        Ok(Self { automaton, patterns, is_first_byte, longest_bytes, held: Vec::new() })
    }

    /// Looks for nothing.
    pub(crate) fn nothing() -> Self {
        Self {
            automaton: None,
            patterns: Vec::new(),
            is_first_byte: [false; 256],
            longest_bytes: 0,
            held: Vec::new(),
        }
    }

    /// Takes more input and appends what is certain to the output.
    pub(crate) fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let start = output.len();
        if self.automaton.is_none() {
            output.extend_from_slice(input);
        } else {
            let mut text = std::mem::take(&mut self.held);
            text.extend_from_slice(input);
            let undecided = self.undecided_from(&text);
            let done = self.replace(&text, undecided, output);
            text.drain(..done);
            self.held = text;
        }
        without_frame_bytes(&mut output[start..]);
    }

    /// The input has ended: nothing is held back any more.
    pub(crate) fn finish(&mut self, output: &mut Vec<u8>) {
        let start = output.len();
        let text = std::mem::take(&mut self.held);
        self.replace(&text, text.len(), output);
        without_frame_bytes(&mut output[start..]);
    }

    /// Drops what is held back.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    /// Replaces what starts before `end` and answers how far it got, which is `end` or the end of a secret
    /// that reaches beyond.
    fn replace(&self, text: &[u8], end: usize, output: &mut Vec<u8>) -> usize {
        let mut done = 0;
        let Some(automaton) = &self.automaton else { return done };
        for found in automaton.find_iter(text) {
            if found.start() >= end {
                break;
            }
            output.extend_from_slice(&text[done..found.start()]);
            output.extend_from_slice(REPLACEMENT);
            done = found.end();
        }
        if done < end {
            output.extend_from_slice(&text[done..end]);
            done = end;
        }
        done
    }

    /// Where the first secret may begin of which the rest is still to come.
    fn undecided_from(&self, text: &[u8]) -> usize {
        let from = text.len().saturating_sub(self.longest_bytes.saturating_sub(1));
        (from..text.len()).find(|at| self.begins_pattern(&text[*at..])).unwrap_or(text.len())
    }

    /// Whether a longer pattern begins with this.
    fn begins_pattern(&self, tail: &[u8]) -> bool {
        if !self.is_first_byte[usize::from(tail[0])] {
            return false;
        }
        let at = self.patterns.partition_point(|pattern| pattern.as_slice() <= tail);
        self.patterns.get(at).is_some_and(|pattern| pattern.starts_with(tail))
    }
}

/// These two bytes frame a log when it is read.
fn without_frame_bytes(bytes: &mut [u8]) {
    for byte in bytes {
        if matches!(*byte, 0x02 | 0x03) {
            *byte = b'?';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scrubber;
    use proptest::{collection::vec, prelude::*};

    fn scrub(patterns: &[&[u8]], chunks: &[&[u8]]) -> Vec<u8> {
        let patterns = patterns.iter().map(|pattern| pattern.to_vec()).collect();
        let mut scrubber = Scrubber::new(patterns).expect("builds");
        let mut output = Vec::new();
        for chunk in chunks {
            scrubber.push(chunk, &mut output);
        }
        scrubber.finish(&mut output);
        output
    }

    #[test]
    fn a_secret_is_found_wherever_the_stream_is_cut() {
        let text = b"a=hunter2hunter b=hunter2 c=hunter2hunte\x02 d=\xff\x03";
        let patterns: [&[u8]; 3] = [b"hunter2hunter", b"hunter2", b"er2 c"];
        let expected =
            b"a=(sensitive value) b=(sensitive value) c=(sensitive value)hunte? d=\xff?".as_slice();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let chunks = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(scrub(&patterns, &chunks), expected, "cut at {first} and {second}");
            }
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(scrub(&patterns, &bytes), expected);
    }

    #[test]
    fn a_line_is_not_held_back_without_need() {
        let mut scrubber = Scrubber::new(vec![b"secret-of-some-length".to_vec()]).expect("builds");
        let mut output = Vec::new();
        scrubber.push(b"Plan: 1 to add\n", &mut output);
        assert_eq!(output, b"Plan: 1 to add\n");
        scrubber.push(b"secret-of", &mut output);
        assert_eq!(output, b"Plan: 1 to add\n");
        scrubber.push(b"ten\n", &mut output);
        assert_eq!(output, b"Plan: 1 to add\nsecret-often\n");
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            text in vec(prop::sample::select(b"abc".to_vec()), 0..60),
            patterns in vec(vec(prop::sample::select(b"abc".to_vec()), 1..6), 0..5),
            cuts in vec(0usize..60, 0..6),
        ) {
            let patterns: Vec<&[u8]> = patterns.iter().map(Vec::as_slice).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.push(0);
            cuts.push(text.len());
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
            prop_assert_eq!(scrub(&patterns, &chunks), scrub(&patterns, &[&text]));
        }
    }
}
