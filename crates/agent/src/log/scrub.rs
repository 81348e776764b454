//! A log's bytes: known secrets masked, wherever the stream is cut, and without the two bytes that frame a log.

use terrane_plan_json::{SecretForms, TooManySecrets};

/// Masks secrets in a stream. Every byte that goes in comes out in order, late if it may begin a secret.
#[derive(Default)]
pub(crate) struct Scrubber(terrane_plan_json::Scrubber);

impl Scrubber {
    pub(crate) fn new(secrets: SecretForms) -> Result<Self, TooManySecrets> {
        terrane_plan_json::Scrubber::new(secrets).map(Self)
    }

    /// Looks for nothing.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// Takes more input and appends what is certain to the output.
    pub(crate) fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let start = output.len();
        self.0.push(input, output);
        without_frame_bytes(&mut output[start..]);
    }

    /// The input has ended: nothing is held back any more.
    pub(crate) fn finish(&mut self, output: &mut Vec<u8>) {
        let start = output.len();
        self.0.finish(output);
        without_frame_bytes(&mut output[start..]);
    }

    /// Drops what is held back.
    pub(crate) fn forget(&mut self) {
        self.0.forget();
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
    use super::{Scrubber, SecretForms};

    #[test]
    fn secrets_and_frame_bytes_are_replaced_wherever_the_stream_is_cut() {
        let text = b"a=hunter2hunter b=\x02hunter2 c=swordfish d=\xff\x03";
        let expected = b"a=(sensitive value) b=?hunter2 c=(sensitive value) d=\xff?";
        for cut in 0..=text.len() {
            let mut secrets = SecretForms::default();
            secrets.add_text("hunter2hunter");
            secrets.add_hcl("{ password = \"swordfish\" }");
            let mut scrubber = Scrubber::new(secrets).expect("few");
            let mut output = Vec::new();
            scrubber.push(&text[..cut], &mut output);
            scrubber.push(&text[cut..], &mut output);
            scrubber.finish(&mut output);
            assert_eq!(output, expected, "cut at {cut}");
        }
    }
}
