//! What stands in the place of a secret: the same for equal ones, another for different ones, and nothing that was made
//! from the secret itself.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use sha2::{Digest as _, Sha256};

/// So many secrets are told apart at a time. Beyond, equal ones in different changes may get different numbers.
const NUMBERED_MAX: usize = 100_000;

/// Beyond these even equal ones do: what has not changed may then look as if it had, never the other way round.
const REMEMBERED_MAX: usize = 2 * NUMBERED_MAX;

/// Numbers secrets in the order in which they are met.
pub(crate) struct Placeholders {
    /// By a keyed hash, so that no secret is held and nobody can prepare two with the same number.
    numbers: HashMap<[u8; 16], u64>,
    key: [u64; 2],
    last: u64,
}

impl Placeholders {
    pub(crate) fn new() -> Self {
        // The only source of randomness in the standard library.
        let key = [RandomState::new().hash_one(1), RandomState::new().hash_one(2)];
        Self { numbers: HashMap::new(), key, last: 0 }
    }

    /// To be called between changes, where numbers may be forgotten.
    pub(crate) fn make_room(&mut self) {
        if self.numbers.len() > NUMBERED_MAX {
            self.numbers.clear();
        }
    }

    /// The placeholder of a text.
    pub(crate) fn of_text(&mut self, text: &[u8]) -> String {
        self.number(self.keyed(b'"').chain_update(text))
    }

    /// The placeholder of any other value, from its JSON. White space between its parts makes no difference.
    pub(crate) fn of_value(&mut self, json: &[u8]) -> String {
        let mut hash = self.keyed(b'0');
        let (mut in_string, mut is_escaped, mut start) = (false, false, 0);
        for (at, byte) in json.iter().enumerate() {
            if in_string {
                in_string = *byte != b'"' || is_escaped;
                is_escaped = *byte == b'\\' && !is_escaped;
            } else if byte.is_ascii_whitespace() {
                hash.update(&json[start..at]);
                start = at + 1;
            } else {
                in_string = *byte == b'"';
            }
        }
        self.number(hash.chain_update(&json[start..]))
    }

    fn keyed(&self, kind: u8) -> Sha256 {
        let [first, second] = self.key.map(u64::to_le_bytes);
        Sha256::new().chain_update(first).chain_update(second).chain_update([kind])
    }

    fn number(&mut self, hash: Sha256) -> String {
        let hash = hash.finalize();
        let mut short = [0; 16];
        short.copy_from_slice(&hash[..16]);
        let number = self.numbers.get(&short).copied().unwrap_or_else(|| {
            self.last += 1;
            if self.numbers.len() < REMEMBERED_MAX {
                self.numbers.insert(short, self.last);
            }
            self.last
        });
        format!("(sensitive value {number})")
    }
}
