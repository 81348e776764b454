//! Walks one JSON value that is in memory, without building anything of it.
//!
//! It finds its way in any bytes without harm, but what it hands out is only known to be JSON where the whole value
//! was validated before.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use crate::{
    scan::{CLASS, OPEN, OTHER, QUOTE},
    splitter::Text,
};

/// Why a value cannot be read; never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) &'static str);

const NOT_JSON: Fault = Fault("it is not JSON");

/// What the next value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A place in a value.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0 }
    }

    /// What comes next.
    pub(crate) fn kind(&mut self) -> Result<Kind, Fault> {
        match self.byte()? {
            b'n' => Ok(Kind::Null),
            b't' | b'f' => Ok(Kind::Bool),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b'"' => Ok(Kind::String),
            b'[' => Ok(Kind::Array),
            b'{' => Ok(Kind::Object),
            _ => Err(NOT_JSON),
        }
    }

    /// Consumes the next value and returns its bytes.
    pub(crate) fn skip(&mut self) -> Result<&'a [u8], Fault> {
        let kind = self.kind()?;
        let start = self.at;
        match kind {
            Kind::String => self.at = string_end(self.json, start)?,
            Kind::Array | Kind::Object => self.skip_container()?,
            Kind::Null | Kind::Bool | Kind::Number => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
                let length = self.json[start..].iter().position(ends);
                self.at = length.map_or(self.json.len(), |length| start + length);
            }
        }
        Ok(&self.json[start..self.at])
    }

    /// Consumes the bracket that opens a container.
    pub(crate) fn open(&mut self) -> Result<(), Fault> {
        match self.byte()? {
            b'[' | b'{' => {
                self.at += 1;
                Ok(())
            }
            _ => Err(NOT_JSON),
        }
    }

    /// The key of the next member, with its quotes; `None` after the last one. The value comes next.
    pub(crate) fn next_key(&mut self, is_first: bool) -> Result<Option<&'a [u8]>, Fault> {
        if !self.next_item(is_first)? {
            return Ok(None);
        }
        if self.byte()? != b'"' {
            return Err(NOT_JSON);
        }
        let start = self.at;
        self.at = string_end(self.json, start)?;
        let key = &self.json[start..self.at];
        if self.byte()? != b':' {
            return Err(NOT_JSON);
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Whether there is another item; it comes next.
    pub(crate) fn next_item(&mut self, is_first: bool) -> Result<bool, Fault> {
        match self.byte()? {
            b']' | b'}' => {
                self.at += 1;
                Ok(false)
            }
            b',' if !is_first => {
                self.at += 1;
                Ok(true)
            }
            _ if is_first => Ok(true),
            _ => Err(NOT_JSON),
        }
    }

    fn skip_container(&mut self) -> Result<(), Fault> {
        let (json, mut at, mut depth) = (self.json, self.at, 0_usize);
        while let Some(byte) = json.get(at) {
            match CLASS[usize::from(*byte)] {
                OTHER => at += 1,
                QUOTE => at = string_end(json, at)?,
                OPEN => {
                    depth += 1;
                    at += 1;
                }
                _ => {
                    depth -= 1;
                    at += 1;
                    if depth == 0 {
                        self.at = at;
                        return Ok(());
                    }
                }
            }
        }
        Err(NOT_JSON)
    }

    /// The next byte that is not white space.
    fn byte(&mut self) -> Result<u8, Fault> {
        while let Some(byte) = self.json.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(NOT_JSON)
    }
}

/// Where the string ends that starts here.
fn string_end(json: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start + 1;
    loop {
        let rest = json.get(at..).ok_or(NOT_JSON)?;
        let found = at + memchr2(b'"', b'\\', rest).ok_or(NOT_JSON)?;
        if json[found] == b'"' {
            return Ok(found + 1);
        }
        at = found + 2;
    }
}

/// What a string with its quotes says. Half a surrogate pair stands in it as three bytes that are not UTF-8.
pub(crate) fn text(raw: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    let inner =
        raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).ok_or(Fault("it is no string"))?;
    if memchr(b'\\', inner).is_none() {
        return Ok(Cow::Borrowed(inner));
    }
    let text: Text<'_> = serde_json::from_slice(raw).map_err(|_| NOT_JSON)?;
    Ok(text.0)
}

/// Calls for each member of an object, with its key as it stands and as it reads.
pub(crate) fn each_member<'a, E: From<Fault>>(
    json: &'a [u8],
    mut member: impl FnMut(&'a [u8], &[u8], &'a [u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut cursor = Cursor::new(json);
    if cursor.kind()? != Kind::Object {
        return Err(Fault("it is not an object").into());
    }
    cursor.open()?;
    let mut is_first = true;
    while let Some(raw_key) = cursor.next_key(is_first)? {
        is_first = false;
        let key = text(raw_key)?;
        member(raw_key, &key, cursor.skip()?)?;
    }
    Ok(())
}

/// Calls for each item of an array, and for none of any other value.
pub(crate) fn each_item<'a>(
    json: &'a [u8],
    mut item: impl FnMut(&'a [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(json);
    if cursor.kind()? != Kind::Array {
        return Ok(());
    }
    cursor.open()?;
    let mut is_first = true;
    while cursor.next_item(is_first)? {
        is_first = false;
        item(cursor.skip()?)?;
    }
    Ok(())
}

/// The values of these members, as far as the object has them. A member that comes twice is a fault: readers would not
/// agree on which one counts.
pub(crate) fn fields<'a, const N: usize>(
    json: &'a [u8],
    names: &[&str; N],
) -> Result<[Option<&'a [u8]>; N], Fault> {
    let mut found = [None; N];
    each_member(json, |_, key, value| {
        if let Some(at) = names.iter().position(|name| name.as_bytes() == key)
            && found[at].replace(value).is_some()
        {
            return Err(Fault("a key is repeated"));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The strings of a value that hold an escape, as they stand.
pub(crate) fn escaped_strings(json: &[u8]) -> impl Iterator<Item = Result<&[u8], Fault>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = json.get(at..).and_then(|rest| memchr(b'"', rest)) {
            let start = at + found;
            match string_end(json, start) {
                Ok(end) => at = end,
                Err(fault) => {
                    at = json.len();
                    return Some(Err(fault));
                }
            }
            if memchr(b'\\', &json[start..at]).is_some() {
                return Some(Ok(&json[start..at]));
            }
        }
        None
    })
}
