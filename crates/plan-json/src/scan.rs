//! Finds where a value ends, without looking at what it says.
//!
//! Brackets are matched and strings are closed; what lies between is not validated here. Whoever
//! needs a value has it parsed.

use std::io::Read;

use memchr::memchr2;

use crate::{Error, window::Window};

/// No engine nests this deeply, and readers after us recurse.
pub(crate) const DEPTH_MAX: usize = 256;

pub(crate) const OTHER: u8 = 0;
pub(crate) const QUOTE: u8 = 1;
pub(crate) const OPEN: u8 = 2;
const CLOSE: u8 = 3;

/// What a byte outside a string means for the nesting.
pub(crate) const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    class[b'"' as usize] = QUOTE;
    class[b'{' as usize] = OPEN;
    class[b'[' as usize] = OPEN;
    class[b'}' as usize] = CLOSE;
    class[b']' as usize] = CLOSE;
    class
};

/// Consumes white space and returns the byte after it, unconsumed; `None` at the document's end.
pub(crate) fn after_space<R: Read>(window: &mut Window<R>) -> Result<Option<u8>, Error> {
    loop {
        let bytes = window.bytes()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        match bytes.iter().position(|byte| !is_space(byte)) {
            Some(at) => {
                let byte = bytes[at];
                window.advance(at);
                return Ok(Some(byte));
            }
            None => {
                let count = bytes.len();
                window.advance(count);
            }
        }
    }
}

/// Consumes white space and then this byte.
pub(crate) fn expect<R: Read>(window: &mut Window<R>, byte: u8, reason: &'static str) -> Result<(), Error> {
    match after_space(window)? {
        Some(found) if found == byte => {
            window.advance(1);
            Ok(())
        }
        Some(_) => Err(Error::Syntax { offset: window.offset(), reason }),
        None => Err(Error::Truncated { offset: window.offset() }),
    }
}

/// Consumes one value that starts at the next byte; `depth` containers are around it.
pub(crate) fn value<R: Read>(window: &mut Window<R>, depth: usize) -> Result<(), Error> {
    match window.byte()? {
        b'"' => string(window),
        b'{' | b'[' => container(window, depth),
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => scalar(window),
        _ => Err(Error::Syntax { offset: window.offset(), reason: "expected a value" }),
    }
}

/// Consumes a string that starts at the next byte.
pub(crate) fn string<R: Read>(window: &mut Window<R>) -> Result<(), Error> {
    window.advance(1);
    let mut is_escaped = false;
    loop {
        window.byte()?;
        let bytes = window.bytes()?;
        let end = string_end(bytes, &mut is_escaped);
        let count = end.unwrap_or(bytes.len());
        window.advance(count);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// Consumes a number, `true`, `false` or `null`, or whatever stands in its place.
fn scalar<R: Read>(window: &mut Window<R>) -> Result<(), Error> {
    loop {
        let bytes = window.bytes()?;
        let ends =
            |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b'"' | b' ' | b'\n' | b'\r' | b'\t');
        let end = bytes.iter().position(ends);
        let count = end.unwrap_or(bytes.len());
        let is_over = end.is_some() || bytes.is_empty();
        window.advance(count);
        if is_over {
            return Ok(());
        }
    }
}

/// Consumes an object or array that starts at the next byte.
fn container<R: Read>(window: &mut Window<R>, depth: usize) -> Result<(), Error> {
    let mut nesting = Nesting::new(depth);
    let mut in_string = false;
    let mut is_escaped = false;
    loop {
        window.byte()?;
        let offset = window.offset();
        let bytes = window.bytes()?;
        let mut at = 0;
        while at < bytes.len() {
            if in_string {
                match string_end(&bytes[at..], &mut is_escaped) {
                    Some(end) => at += end,
                    None => break,
                }
                in_string = false;
                continue;
            }
            let byte = bytes[at];
            match CLASS[usize::from(byte)] {
                OTHER => {}
                QUOTE => in_string = true,
                OPEN => nesting.open(byte).map_err(|reason| reason.at(offset + at as u64))?,
                _ => {
                    if nesting.close(byte).map_err(|reason| reason.at(offset + at as u64))? {
                        window.advance(at + 1);
                        return Ok(());
                    }
                }
            }
            at += 1;
        }
        let count = bytes.len();
        window.advance(count);
    }
}

/// How many bytes until after the quote that ends a string, where `bytes` starts inside one.
fn string_end(bytes: &[u8], is_escaped: &mut bool) -> Option<usize> {
    let mut at = usize::from(std::mem::take(is_escaped));
    loop {
        let found = at + memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'"' {
            return Some(found + 1);
        }
        at = found + 2;
        *is_escaped = at > bytes.len();
    }
}

/// Which brackets are open.
struct Nesting {
    /// One bit for each level: set for an object.
    objects: [u64; DEPTH_MAX / 64],
    depth: usize,
    outside: usize,
}

enum Fault {
    TooDeep,
    Mismatch,
}

impl Fault {
    #[cold]
    fn at(self, offset: u64) -> Error {
        match self {
            Self::TooDeep => Error::TooDeep { offset, limit: DEPTH_MAX },
            Self::Mismatch => Error::Syntax { offset, reason: "a bracket is closed by one of another kind" },
        }
    }
}

impl Nesting {
    fn new(outside: usize) -> Self {
        Self { objects: [0; DEPTH_MAX / 64], depth: 0, outside }
    }

    fn open(&mut self, bracket: u8) -> Result<(), Fault> {
        if self.outside + self.depth >= DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        let bit = 1 << (self.depth % 64);
        let level = &mut self.objects[self.depth / 64];
        *level = if bracket == b'{' { *level | bit } else { *level & !bit };
        self.depth += 1;
        Ok(())
    }

    /// Returns whether that was the outermost one.
    fn close(&mut self, bracket: u8) -> Result<bool, Fault> {
        self.depth -= 1;
        let is_object = self.objects[self.depth / 64] & (1 << (self.depth % 64)) != 0;
        if is_object != (bracket == b'}') {
            return Err(Fault::Mismatch);
        }
        Ok(self.depth == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_may_break_anywhere() {
        let text = br#"a\"b\\c"rest"#;
        let end = 8;
        let mut whole = false;
        assert_eq!(string_end(text, &mut whole), Some(end));
        for cut in 0..end {
            let mut is_escaped = false;
            assert_eq!(string_end(&text[..cut], &mut is_escaped), None, "at {cut}");
            assert_eq!(string_end(&text[cut..], &mut is_escaped), Some(end - cut), "at {cut}");
        }
    }
}
