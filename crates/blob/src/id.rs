//! Names of objects: random, so that a name tells nothing about the content.

use crate::error::Error;
use crate::random;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const PREFIX: &str = "obj-";
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// 58^22 is about 2^128.9: two random names never meet.
const LENGTH: usize = 22;
const LENGTH_MIN: usize = 16;
/// The largest multiple of 58 in a byte: larger bytes are drawn again, so that every character is equally likely.
const UNBIASED: u8 = 232;

/// The name of an object: `obj-` and 16 to 22 characters of base 58.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(String);

impl ObjectId {
    /// A new name from the operating system's random source.
    pub fn random() -> Self {
        let mut text = String::with_capacity(PREFIX.len() + LENGTH);
        text.push_str(PREFIX);
        while text.len() < PREFIX.len() + LENGTH {
            let drawn = random::bytes::<32>();
            let characters = drawn.iter().filter(|byte| **byte < UNBIASED);
            let missing = PREFIX.len() + LENGTH - text.len();
            text.extend(characters.take(missing).map(|byte| char::from(ALPHABET[usize::from(byte % 58)])));
        }
        Self(text)
    }

    /// Reads a name. [`Error::ObjectId`] when the text is not one, so that a name can never climb out of the store.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let Some(random) = text.strip_prefix(PREFIX) else {
            return Err(Error::ObjectId { reason: "it does not begin with obj-" });
        };
        if !(LENGTH_MIN..=LENGTH).contains(&random.len()) {
            return Err(Error::ObjectId { reason: "obj- is not followed by 16 to 22 characters" });
        }
        if !random.bytes().all(|byte| ALPHABET.contains(&byte)) {
            return Err(Error::ObjectId { reason: "it has a character outside base 58" });
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder of the object: the first two random characters spread objects over 3,364 folders.
    pub(crate) fn shard(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + 2]
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ObjectId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ObjectId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::parse(&text)
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectId;
    use std::collections::BTreeSet;

    #[test]
    fn random_names_parse_and_differ() {
        let names: BTreeSet<ObjectId> = (0..1_000).map(|_| ObjectId::random()).collect();
        assert_eq!(names.len(), 1_000);
        for name in &names {
            assert_eq!(&ObjectId::parse(name.as_str()).unwrap(), name);
            assert_eq!(name.as_str().len(), 26);
        }
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        for text in [
            "",
            "obj-",
            "run-1234567890abcdef",
            "obj-123456789abcdef",
            "obj-123456789ABCDEFGHJKLMNP",
            "obj-../../../../../etc",
            "obj-1234567890abcdefg",
            "obj-1234567é9abcdefg",
        ] {
            assert!(ObjectId::parse(text).is_err(), "{text}");
        }
    }
}
