//! Walks the top-level object and hands out the chosen sections element by element.
//!
//! Keys may come in any order and unknown ones are passed over. Of what is passed over, only strings
//! and brackets are looked at.

use std::{borrow::Cow, io::Read};

use serde::{Deserialize, de};

use crate::{
    Error,
    scan::{DEPTH_MAX, after_space, expect, string, value},
    window::Window,
};

/// What to do with a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// Pass over it.
    Skip,
    /// Hand it out in one piece.
    Value(&'static str),
    /// It is an array: hand out each element.
    Items(&'static str),
    /// It is an object: hand out the value of each member.
    Members(&'static str),
    /// Go into the object or array, and ask about each member or item under this name.
    Within(&'static str),
    /// Pass over it and tell where it begins.
    Place(&'static str),
}

/// One piece of a section.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    /// The name under which the section was chosen.
    pub(crate) section: &'static str,
    /// Its position in the section, from 0.
    pub(crate) index: u64,
    /// Its name, if it is the member of an object.
    pub(crate) key: &'a str,
    /// The names of what was gone into to get here, from the document's on; none for an item of an array.
    pub(crate) path: &'a [String],
    /// One JSON value, not validated.
    pub(crate) json: &'a [u8],
}

impl<'a> Element<'a> {
    /// Parses the value.
    pub(crate) fn parse<T: Deserialize<'a>>(&self) -> Result<T, Error> {
        serde_json::from_slice(self.json).map_err(|error| self.fault(&error))
    }

    /// Checks that it is JSON, all of it.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        std::str::from_utf8(self.json).map_err(|_| self.refuse("it is not UTF-8"))?;
        self.parse::<de::IgnoredAny>().map(|_| ())
    }

    /// An error at this element; `reason` must not quote the document.
    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Error {
        Error::Element { section: self.section, index: self.index, reason: reason.into() }
    }

    /// The parser's own words may quote values, so only their kind and place are told.
    fn fault(&self, error: &serde_json::Error) -> Error {
        let what = match error.classify() {
            serde_json::error::Category::Data => {
                "a value has another type than expected, or a key is repeated"
            }
            _ => "it is not JSON",
        };
        self.refuse(format!("{what} (line {}, column {})", error.line(), error.column()))
    }
}

/// Chooses sections and takes their elements.
pub(crate) trait Visitor {
    /// Called for each key of the document; the name given back is what elements carry.
    fn choose(&mut self, key: &str) -> Take;
    /// Called for each member (or item, which has no key) of what is gone into.
    fn choose_within(&mut self, _place: &'static str, _key: &str) -> Take {
        Take::Skip
    }
    /// Called with the offset of a section to be placed.
    fn place(&mut self, _section: &'static str, _offset: u64) {}
    /// Called for each piece of a chosen section.
    fn take(&mut self, element: &Element<'_>) -> Result<(), Error>;
}

/// Reads the document to its end. A `null` section has no elements.
pub(crate) fn split<R: Read>(document: R, visitor: &mut impl Visitor) -> Result<(), Error> {
    let mut splitter =
        Splitter { window: Window::new(document), visitor, seen: Vec::new(), path: Vec::new() };
    expect(&mut splitter.window, b'{', "expected an object")?;
    splitter.list(b'}', Splitter::section)?;
    match after_space(&mut splitter.window)? {
        None => Ok(()),
        Some(_) => Err(Error::TrailingData { offset: splitter.window.offset() }),
    }
}

/// Reads the one section that begins where the document stands.
pub(crate) fn split_placed<R: Read>(
    document: R,
    take: Take,
    visitor: &mut impl Visitor,
) -> Result<(), Error> {
    let mut splitter =
        Splitter { window: Window::new(document), visitor, seen: Vec::new(), path: Vec::new() };
    splitter.taken(take, "", 1)
}

struct Splitter<'a, R, V> {
    window: Window<R>,
    visitor: &'a mut V,
    /// The chosen sections so far: a handful.
    seen: Vec<&'static str>,
    path: Vec<String>,
}

impl<R: Read, V: Visitor> Splitter<'_, R, V> {
    /// Consumes what stands between an opening bracket and the closing one.
    fn list(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self, u64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if after_space(&mut self.window)? == Some(close) {
            self.window.advance(1);
            return Ok(());
        }
        for index in 0.. {
            after_space(&mut self.window)?;
            item(self, index)?;
            match after_space(&mut self.window)? {
                Some(b',') => self.window.advance(1),
                Some(byte) if byte == close => {
                    self.window.advance(1);
                    break;
                }
                Some(_) => return Err(self.syntax("expected a comma or the closing bracket")),
                None => return Err(Error::Truncated { offset: self.window.offset() }),
            }
        }
        Ok(())
    }

    fn section(&mut self, _: u64) -> Result<(), Error> {
        let key = self.key()?;
        let take = self.visitor.choose(&key);
        match take {
            Take::Skip => {}
            Take::Value(section)
            | Take::Items(section)
            | Take::Members(section)
            | Take::Within(section)
            | Take::Place(section) => self.enter(section)?,
        }
        self.taken(take, &key, 1)
    }

    /// Consumes a value that `depth` containers are around.
    fn taken(&mut self, take: Take, key: &str, depth: usize) -> Result<(), Error> {
        match take {
            Take::Skip => self.skip(depth),
            Take::Place(section) => {
                self.visitor.place(section, self.window.offset());
                self.skip(depth)
            }
            Take::Value(section) => self.element(section, 0, key, depth),
            Take::Items(section) => {
                if self.opens(b'[', section, "an array")? {
                    self.list(b']', |splitter, index| splitter.element(section, index, "", depth + 1))?;
                }
                Ok(())
            }
            Take::Members(section) => {
                if self.opens(b'{', section, "an object")? {
                    self.list(b'}', |splitter, index| {
                        let key = splitter.key()?;
                        splitter.element(section, index, &key, depth + 1)
                    })?;
                }
                Ok(())
            }
            Take::Within(place) => self.within(place, key, depth),
        }
    }

    /// Goes into a container; there is nothing in any other value.
    fn within(&mut self, place: &'static str, key: &str, depth: usize) -> Result<(), Error> {
        let bracket = self.window.byte()?;
        if !matches!(bracket, b'{' | b'[') {
            return self.skip(depth);
        }
        if depth >= DEPTH_MAX {
            return Err(Error::TooDeep { offset: self.window.offset(), limit: DEPTH_MAX });
        }
        self.window.advance(1);
        self.path.push(key.to_owned());
        let is_object = bracket == b'{';
        self.list(if is_object { b'}' } else { b']' }, |splitter, _| {
            let key = if is_object { splitter.key()? } else { String::new() };
            let take = splitter.visitor.choose_within(place, &key);
            splitter.taken(take, &key, depth + 1)
        })?;
        self.path.pop();
        Ok(())
    }

    fn enter(&mut self, section: &'static str) -> Result<(), Error> {
        if self.seen.contains(&section) {
            return Err(Error::DuplicateSection { section });
        }
        self.seen.push(section);
        Ok(())
    }

    /// Consumes the bracket that opens a section, or a `null` in place of the whole section.
    fn opens(&mut self, bracket: u8, section: &'static str, expected: &'static str) -> Result<bool, Error> {
        if self.window.byte()? == bracket {
            self.window.advance(1);
            return Ok(true);
        }
        self.window.start_keeping();
        value(&mut self.window, 1)?;
        match self.window.take_kept()? {
            b"null" => Ok(false),
            _ => Err(Error::SectionShape { section, expected }),
        }
    }

    /// Consumes a key and the colon after it, up to the value.
    fn key(&mut self) -> Result<String, Error> {
        if self.window.byte()? != b'"' {
            return Err(self.syntax("expected a key"));
        }
        self.window.start_keeping();
        string(&mut self.window)?;
        let key: Result<Text<'_>, _> = serde_json::from_slice(self.window.take_kept()?);
        let key = key.map(|key| String::from_utf8_lossy(&key.0).into_owned());
        let Ok(key) = key else {
            return Err(self.syntax("a key has an unknown escape"));
        };
        expect(&mut self.window, b':', "expected a colon after a key")?;
        after_space(&mut self.window)?;
        Ok(key)
    }

    fn element(&mut self, section: &'static str, index: u64, key: &str, depth: usize) -> Result<(), Error> {
        self.window.start_keeping();
        value(&mut self.window, depth)?;
        let json = self.window.take_kept()?;
        self.visitor.take(&Element { section, index, key, path: &self.path, json })
    }

    /// Passes over a value. One that is not a container or string is short enough to be checked.
    fn skip(&mut self, depth: usize) -> Result<(), Error> {
        if matches!(self.window.byte()?, b'{' | b'[' | b'"') {
            return value(&mut self.window, depth);
        }
        self.window.start_keeping();
        value(&mut self.window, depth)?;
        match serde_json::from_slice::<de::IgnoredAny>(self.window.take_kept()?) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.syntax("expected a value before this")),
        }
    }

    fn syntax(&self, reason: &'static str) -> Error {
        Error::Syntax { offset: self.window.offset(), reason }
    }
}

/// A JSON string as bytes. Escapes of half a surrogate pair, which Rust's strings cannot hold, must not
/// make a document unreadable that every other reader accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, [u8]>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> de::Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_bytes<E: de::Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(bytes)))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(bytes.to_vec())))
    }
}
