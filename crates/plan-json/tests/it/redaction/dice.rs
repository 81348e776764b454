//! Chance that can be repeated: `TERRANE_TEST_SEED` throws the same again.

use std::{
    env,
    hash::{BuildHasher, RandomState},
};

/// The seed of this run.
pub(super) fn seed() -> u64 {
    let seed = env::var("TERRANE_TEST_SEED").ok().map(|seed| seed.parse().unwrap());
    seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 16)
}

/// Throws numbers.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64, case: u64) -> Self {
        Self(seed ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Letters and digits that occur nowhere else.
    pub(super) fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        (0..length).map(|_| char::from(self.pick(LETTERS))).collect()
    }

    /// A secret of any kind of text.
    pub(super) fn secret(&mut self) -> String {
        let (word, other) = (self.word(12), self.word(9));
        match self.below(8) {
            0 => format!("{word}\"<&>\\/ü{other}"),
            1 => format!("-----{word}-----\n  {other}{other}\n{word}\n"),
            2 => format!("p@ss w%rd ${{{word}}}+=?"),
            3 => format!("  {word}\t{other} "),
            4 => format!("🔑{word}é"),
            _ => format!("{word}{}", self.below(10)),
        }
    }
}
