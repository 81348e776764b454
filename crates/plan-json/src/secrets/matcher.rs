//! Finds many texts in one pass over bytes.
//!
//! An automaton over the forms of 20,000 secrets takes hundreds of megabytes while it is built. This takes the forms
//! themselves, twelve bytes for each and a bit set: the first bytes of every place are looked up in the set, and only
//! where they may begin a form the sorted forms are searched.

use super::SecretForms;

/// The first bytes of a form that are looked up, if all forms are so long.
const GRAM_BYTES_MAX: usize = 8;
/// So many bits for each form make a false alarm rare.
const BITS_EACH: usize = 64;
const BITS_MIN: usize = 1 << 12;
const BITS_MAX: usize = 1 << 24;
const NO_PARENT: u32 = u32::MAX;

/// Finds the longest of the leftmost forms.
#[derive(Default)]
pub(crate) struct Matcher {
    text: Vec<u8>,
    /// Sorted by what they hold, without repetition.
    ranges: Vec<(u32, u32)>,
    /// The longest other form that each one begins with.
    parents: Vec<u32>,
    gram_bytes: usize,
    gram_mask: u64,
    filter: Vec<u64>,
    /// What is left of a hash is an index of the filter.
    shift: u32,
    longest_bytes: usize,
}

impl Matcher {
    /// `None` when there is more to look for than can be numbered.
    pub(crate) fn new(forms: SecretForms) -> Option<Self> {
        let SecretForms { text, ranges } = forms;
        u32::try_from(text.len()).ok()?;
        let narrow =
            |(start, end): (usize, usize)| Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?));
        let mut ranges = ranges.into_iter().map(narrow).collect::<Option<Vec<_>>>()?;
        ranges.sort_unstable_by_key(|range| slice(&text, *range));
        ranges.dedup_by_key(|range| slice(&text, *range));
        let shortest = ranges.iter().map(|(start, end)| (end - start) as usize).min().unwrap_or(1);
        let gram_bytes = shortest.min(GRAM_BYTES_MAX);
        let bits = (ranges.len() * BITS_EACH).next_power_of_two().clamp(BITS_MIN, BITS_MAX);
        let mut matcher = Self {
            parents: Vec::with_capacity(ranges.len()),
            gram_bytes,
            gram_mask: u64::MAX >> (8 * (GRAM_BYTES_MAX - gram_bytes)),
            filter: vec![0; bits / 64],
            shift: u64::BITS - bits.trailing_zeros(),
            longest_bytes: ranges.iter().map(|(start, end)| (end - start) as usize).max().unwrap_or(0),
            text,
            ranges,
        };
        matcher.prepare();
        Some(matcher)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(crate) fn longest_bytes(&self) -> usize {
        self.longest_bytes
    }

    /// The first match that starts at `from` or later.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.ranges.is_empty() {
            return None;
        }
        let last = text.len().checked_sub(self.gram_bytes)?;
        for at in from..=last {
            if !self.may_begin(self.gram(text, at)) {
                continue;
            }
            if let Some(length) = self.longest_at(&text[at..]) {
                return Some((at, at + length));
            }
        }
        None
    }

    /// Whether a longer form begins with all of this.
    pub(crate) fn begins_form(&self, tail: &[u8]) -> bool {
        let at = self.ranges.partition_point(|range| slice(&self.text, *range) <= tail);
        self.ranges.get(at).is_some_and(|range| slice(&self.text, *range).starts_with(tail))
    }

    fn prepare(&mut self) {
        for index in 0..self.ranges.len() {
            let form = slice(&self.text, self.ranges[index]);
            // In sorted order a form that this one begins with is the one before, or what that one begins with.
            let mut parent = index.checked_sub(1).map_or(NO_PARENT, |before| before as u32);
            while parent != NO_PARENT && !form.starts_with(slice(&self.text, self.ranges[parent as usize])) {
                parent = self.parents[parent as usize];
            }
            let gram = self.gram(form, 0);
            self.parents.push(parent);
            for (word, bit) in [self.first_bit(gram), self.second_bit(gram)] {
                self.filter[word] |= bit;
            }
        }
    }

    /// The bytes that are looked up; those after the end count as zero.
    fn gram(&self, text: &[u8], at: usize) -> u64 {
        let whole: Option<&[u8; GRAM_BYTES_MAX]> = text[at..].first_chunk();
        let gram = whole.map_or_else(
            || {
                let mut bytes = [0; GRAM_BYTES_MAX];
                let rest = &text[at..];
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(bytes)
            },
            |bytes| u64::from_le_bytes(*bytes),
        );
        gram & self.gram_mask
    }

    fn bit(&self, hash: u64) -> (usize, u64) {
        let bit = (hash >> self.shift) as usize;
        (bit / 64, 1 << (bit % 64))
    }

    /// Two bits, by two hashes.
    fn first_bit(&self, gram: u64) -> (usize, u64) {
        self.bit(gram.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn second_bit(&self, gram: u64) -> (usize, u64) {
        self.bit((gram ^ (gram >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9))
    }

    fn may_begin(&self, gram: u64) -> bool {
        let is_set = |(word, bit): (usize, u64)| self.filter[word] & bit != 0;
        is_set(self.first_bit(gram)) && is_set(self.second_bit(gram))
    }

    /// The length of the longest form that the text begins with.
    fn longest_at(&self, text: &[u8]) -> Option<usize> {
        let after = self.ranges.partition_point(|range| slice(&self.text, *range) <= text);
        // Whatever lies between a beginning of the text and the text begins with it, too.
        let mut index = after.checked_sub(1)? as u32;
        while index != NO_PARENT {
            let form = slice(&self.text, self.ranges[index as usize]);
            if text.starts_with(form) {
                return Some(form.len());
            }
            index = self.parents[index as usize];
        }
        None
    }
}

fn slice(text: &[u8], (start, end): (u32, u32)) -> &[u8] {
    &text[start as usize..end as usize]
}

#[cfg(test)]
mod tests {
    use super::{Matcher, SecretForms};
    use proptest::{collection::vec, prelude::*};

    fn all(forms: &[Vec<u8>], text: &[u8]) -> Vec<(usize, usize)> {
        let mut secrets = SecretForms::default();
        for form in forms {
            secrets.add_bytes(form);
        }
        let matcher = Matcher::new(secrets).expect("few");
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((start, end)) = matcher.find(text, from) {
            found.push((start, end));
            from = end;
        }
        found
    }

    /// The same, from its definition.
    fn expected(forms: &[Vec<u8>], text: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let longest = forms.iter().filter(|form| text[at..].starts_with(form)).map(Vec::len).max();
            if let Some(length) = longest {
                found.push((at, at + length));
            }
            at += longest.unwrap_or(1);
        }
        found
    }

    proptest! {
        #[test]
        fn the_longest_of_the_leftmost_is_found(
            text in vec(prop::sample::select(b"abc\0".to_vec()), 0..80),
            short in vec(vec(prop::sample::select(b"abc\0".to_vec()), 1..5), 0..5),
            long in vec(vec(prop::sample::select(b"ab".to_vec()), 7..14), 0..9),
        ) {
            for forms in [&short, &long, &[short.clone(), long.clone()].concat()] {
                prop_assert_eq!(all(forms, &text), expected(forms, &text));
            }
        }
    }
}
