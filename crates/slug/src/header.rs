//! The fields of one tar header: names, numbers, the checksum.

use tar::Header;

pub(crate) const BLOCK_BYTES: usize = 512;

/// The name in the header's own fields, where the newer format splits long ones in two.
pub(crate) fn name_field(header: &Header) -> Vec<u8> {
    let name = until_nul(&header.as_old().name);
    match header.as_ustar().map(|ustar| until_nul(&ustar.prefix)) {
        Some(prefix) if !prefix.is_empty() => [prefix, b"/", name].concat(),
        _ => name.to_vec(),
    }
}

pub(crate) fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Whether something follows the NUL that ends a text.
pub(crate) fn has_hidden_bytes(field: &[u8]) -> bool {
    field[until_nul(field).len()..].iter().any(|byte| *byte != 0)
}

/// A number as octal digits, or as the bytes themselves where the first bit says so.
pub(crate) fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let (high, low) = field.split_at_checked(field.len().checked_sub(8)?)?;
        let (first, rest) = high.split_first()?;
        // Other bits of the first byte mean a negative or an enormous number.
        if *first != 0x80 || rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        return Some(u64::from_be_bytes(low.try_into().ok()?));
    }
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']);
    if digits.is_empty() {
        return Some(0);
    }
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, 8).ok()
}

/// The sum of a header's bytes with its checksum field taken as spaces.
pub(crate) fn sum(block: &[u8; BLOCK_BYTES]) -> u64 {
    let outside = block[..148].iter().chain(&block[156..]);
    outside.map(|byte| u64::from(*byte)).sum::<u64>() + 8 * u64::from(b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(&[0; 12]), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(1 << 33));
        assert_eq!(number(b"\x80\x01\0\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        for bad in [&b"0000648\0"[..], b"-000001\0", b"+000001\0", b"12 34567", b"1\x002\0\0\0\0\0"] {
            assert_eq!(number(bad), None, "{}", bad.escape_ascii());
        }
    }
}
