//! Replaces secrets in a stream of bytes, wherever the stream is cut.

use thiserror::Error as ThisError;

use super::{Matcher, SecretForms};

const REPLACEMENT: &[u8] = b"(sensitive value)";

/// There is more to look for than a scrubber can hold.
#[derive(Debug, ThisError)]
#[error("the secrets to look for are more than 4 GB in all their forms")]
pub struct TooManySecrets;

/// Finds the longest of the leftmost secrets. What comes out does not depend on how the input was cut.
#[derive(Default)]
pub struct Scrubber {
    matcher: Matcher,
    /// Input that may be the beginning of a secret.
    held: Vec<u8>,
}

impl Scrubber {
    /// Looks for these. The default looks for nothing.
    ///
    /// # Errors
    ///
    /// When they are more than it can hold.
    pub fn new(secrets: SecretForms) -> Result<Self, TooManySecrets> {
        let matcher = Matcher::new(secrets).ok_or(TooManySecrets)?;
        Ok(Self { matcher, held: Vec::new() })
    }

    /// Takes more input and appends what is certain to the output.
    pub fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        if self.matcher.is_empty() {
            output.extend_from_slice(input);
            return;
        }
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(input);
        let undecided = self.undecided_from(&text);
        let done = self.replace(&text, undecided, output);
        text.drain(..done);
        self.held = text;
    }

    /// The input has ended: nothing is held back any more.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        let text = std::mem::take(&mut self.held);
        self.replace(&text, text.len(), output);
    }

    /// Drops what is held back.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Replaces what starts before `end` and answers how far it got, which is `end` or the end of a secret
    /// that reaches beyond.
    fn replace(&self, text: &[u8], end: usize, output: &mut Vec<u8>) -> usize {
        let mut done = 0;
        while let Some((start, after)) = self.matcher.find(text, done).filter(|(start, _)| *start < end) {
            output.extend_from_slice(&text[done..start]);
            output.extend_from_slice(REPLACEMENT);
            done = after;
        }
        if done < end {
            output.extend_from_slice(&text[done..end]);
            done = end;
        }
        done
    }

    /// Where the first secret may begin of which the rest is still to come.
    fn undecided_from(&self, text: &[u8]) -> usize {
        let from = text.len().saturating_sub(self.matcher.longest_bytes().saturating_sub(1));
        (from..text.len()).find(|at| self.matcher.begins_form(&text[*at..])).unwrap_or(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Scrubber, SecretForms};
    use proptest::{collection::vec, prelude::*};

    fn scrubber(patterns: &[&[u8]]) -> Scrubber {
        let mut secrets = SecretForms::default();
        for pattern in patterns {
            secrets.add_bytes(pattern);
        }
        Scrubber::new(secrets).expect("few")
    }

    fn scrub(patterns: &[&[u8]], chunks: &[&[u8]]) -> Vec<u8> {
        let mut scrubber = scrubber(patterns);
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
            b"a=(sensitive value) b=(sensitive value) c=(sensitive value)hunte\x02 d=\xff\x03".as_slice();
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
        let mut scrubber = scrubber(&[b"secret-of-some-length"]);
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
