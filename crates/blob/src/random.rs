//! Bytes from the operating system's random source.

use rand::TryRng;
use rand::rngs::SysRng;

/// `N` random bytes. Panics when the operating system has none: nothing that needs a key may go on without one.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut drawn = [0_u8; N];
    SysRng.try_fill_bytes(&mut drawn).expect("the operating system's random source answers");
    drawn
}
