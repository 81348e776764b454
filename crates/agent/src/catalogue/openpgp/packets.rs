//! OpenPGP packets (RFC 4880 section 4, RFC 9580) and the armour around them.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Malformed;

/// Keys and signatures are far smaller.
const PACKETS_BYTES_MAX: usize = 1 << 20;
/// Packets of one key file.
const PACKETS_MAX: usize = 2000;

pub(super) const SIGNATURE: u8 = 2;
pub(super) const PUBLIC_KEY: u8 = 6;
pub(super) const USER_ID: u8 = 13;
pub(super) const PUBLIC_SUBKEY: u8 = 14;

/// One packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// Splits bytes into packets.
pub(super) fn packets(mut rest: &[u8]) -> Result<Vec<Packet<'_>>, Malformed> {
    let mut found = Vec::new();
    if rest.len() > PACKETS_BYTES_MAX {
        return Err(Malformed("it is too large"));
    }
    while !rest.is_empty() {
        if found.len() == PACKETS_MAX {
            return Err(Malformed("it has too many packets"));
        }
        let (packet, after) = packet(rest)?;
        found.push(packet);
        rest = after;
    }
    Ok(found)
}

fn packet(bytes: &[u8]) -> Result<(Packet<'_>, &[u8]), Malformed> {
    let (&head, rest) = bytes.split_first().ok_or(CUT)?;
    if head & 0x80 == 0 {
        return Err(Malformed("it is no OpenPGP packet"));
    }
    let is_new = head & 0x40 != 0;
    let (tag, (length, rest)) = if is_new {
        (head & 0x3f, new_length(rest)?)
    } else {
        ((head >> 2) & 0x0f, old_length(head & 3, rest)?)
    };
    let (body, rest) = rest.split_at_checked(length).ok_or(CUT)?;
    Ok((Packet { tag, body }, rest))
}

const CUT: Malformed = Malformed("it is cut off");

/// Also the length of a subpacket.
pub(super) fn new_length(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(CUT)?;
    match first {
        ..192 => Ok((first.into(), rest)),
        192..224 => {
            let (&second, rest) = rest.split_first().ok_or(CUT)?;
            Ok((((usize::from(first) - 192) << 8) + usize::from(second) + 192, rest))
        }
        224..255 => Err(Malformed("it is in pieces")),
        255 => big_endian(rest, 4),
    }
}

fn old_length(kind: u8, bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    match kind {
        0 => big_endian(bytes, 1),
        1 => big_endian(bytes, 2),
        2 => big_endian(bytes, 4),
        _ => Ok((bytes.len(), bytes)),
    }
}

/// A number of this many bytes.
pub(super) fn big_endian(bytes: &[u8], count: usize) -> Result<(usize, &[u8]), Malformed> {
    let (number, rest) = bytes.split_at_checked(count).ok_or(CUT)?;
    Ok((number.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest))
}

/// A number of any length, without leading zeros.
pub(super) fn long_number(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (bits, rest) = big_endian(bytes, 2)?;
    let (mut number, rest) = rest.split_at_checked(bits.div_ceil(8)).ok_or(CUT)?;
    while let [0, shorter @ ..] = number {
        number = shorter;
    }
    Ok((number, rest))
}

const BEGIN: &str = "-----BEGIN PGP ";
const END: &str = "-----END PGP ";

/// The bytes of a file that is armoured or not; of several blocks, all of them.
pub(super) fn without_armour(file: &[u8]) -> Result<Vec<u8>, Malformed> {
    let text = match std::str::from_utf8(file) {
        Ok(text) if text.contains(BEGIN) => text,
        _ => return Ok(file.to_vec()),
    };
    let mut bytes = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while lines.by_ref().any(|line| line.starts_with(BEGIN)) {
        // Headers end at an empty line.
        let mut block = String::new();
        let body = lines.by_ref().skip_while(|line| line.contains(':'));
        let mut is_ended = false;
        for line in body {
            if line.starts_with(END) {
                is_ended = true;
                break;
            }
            // The checksum of the armour guards against nothing that a signature does not.
            if !line.starts_with('=') {
                block.push_str(line);
            }
        }
        if !is_ended {
            return Err(CUT);
        }
        bytes.extend(STANDARD.decode(block).map_err(|_| Malformed("its armour is no base64"))?);
    }
    Ok(bytes)
}
