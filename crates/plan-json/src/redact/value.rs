//! Writes values: hidden where their mask says so, and without known secrets everywhere.

use std::{borrow::Cow, collections::HashSet, io::Write};

use super::{mask::Mask, placeholder::Placeholders, rules::Rules, sink::Sink};
use crate::{
    cursor::{Cursor, Fault, Kind, escaped_strings, text},
    secrets::Matcher,
};

/// The key in an object that stands for a hidden one.
const HIDDEN_KEY: &str = "sensitive";

/// Writes redacted values.
pub(crate) struct Writer<'a, W: Write> {
    pub(crate) sink: Sink<W>,
    pub(crate) matcher: Matcher,
    pub(crate) placeholders: Placeholders,
    /// The names that schemas have.
    pub(crate) names: &'a HashSet<Box<[u8]>>,
    pub(crate) rules: Rules,
    /// How many values were hidden.
    pub(crate) hidden: u64,
    /// How many known secrets were replaced in others.
    pub(crate) scrubs: u64,
}

impl<W: Write> Writer<'_, W> {
    /// Writes a value. The mask says in the end what does not stand as it was.
    pub(crate) fn value(&mut self, json: &[u8], mask: &mut Mask) -> Result<(), Fault> {
        if !mask.has_any() && !self.has_secret(json)? {
            self.sink.put(json);
            return Ok(());
        }
        self.value_at(&mut Cursor::new(json), mask)
    }

    /// Writes a value of which nothing is marked.
    pub(crate) fn unmarked(&mut self, json: &[u8]) -> Result<(), Fault> {
        self.value(json, &mut Mask::Nothing)
    }

    fn value_at(&mut self, cursor: &mut Cursor<'_>, mask: &mut Mask) -> Result<(), Fault> {
        let kind = cursor.kind()?;
        if *mask == Mask::All {
            return self.hide(cursor.skip()?);
        }
        match kind {
            Kind::Null | Kind::Bool => self.sink.put(cursor.skip()?),
            Kind::Number => {
                let number = cursor.skip()?;
                if self.find(number, 0).is_some() {
                    // Another number would be a lie, and a text needs a mark.
                    *mask = Mask::All;
                    return self.hide(number);
                }
                self.sink.put(number);
            }
            Kind::String => self.string(cursor.skip()?)?,
            Kind::Array => {
                cursor.open()?;
                self.sink.put(b"[");
                let mut at = 0;
                while cursor.next_item(at == 0)? {
                    if at > 0 {
                        self.sink.put(b",");
                    }
                    let mut item = mask.take_item(at);
                    self.value_at(cursor, &mut item)?;
                    mask.give_item(at, item);
                    at += 1;
                }
                self.sink.put(b"]");
            }
            Kind::Object => {
                cursor.open()?;
                self.sink.put(b"{");
                let mut is_first = true;
                while let Some(key) = cursor.next_key(is_first)? {
                    if !is_first {
                        self.sink.put(b",");
                    }
                    is_first = false;
                    self.name(key)?;
                    self.sink.put(b":");
                    let key = text(key)?;
                    let mut member = mask.take_member(&key);
                    self.value_at(cursor, &mut member)?;
                    mask.give_member(&key, member);
                }
                self.sink.put(b"}");
            }
        }
        Ok(())
    }

    /// Writes something of the same kind in the place of a value. `null` says nothing, and stays.
    pub(crate) fn hide(&mut self, json: &[u8]) -> Result<(), Fault> {
        if json == b"null" || !self.rules.placeholders {
            self.sink.put(b"null");
            return Ok(());
        }
        self.hidden += 1;
        let placeholder = match json.first() {
            Some(b'"') => self.placeholders.of_text(&text(json)?),
            _ => self.placeholders.of_value(json),
        };
        match json.first() {
            Some(b'[') => {
                self.sink.put(b"[");
                self.sink.put_text(&placeholder);
                self.sink.put(b"]");
            }
            Some(b'{') => {
                self.sink.put(b"{");
                self.sink.put_text(HIDDEN_KEY);
                self.sink.put(b":");
                self.sink.put_text(&placeholder);
                self.sink.put(b"}");
            }
            _ => self.sink.put_text(&placeholder),
        }
        Ok(())
    }

    /// Writes a key, or a text that may be the name of a type or provider.
    pub(crate) fn name(&mut self, raw: &[u8]) -> Result<(), Fault> {
        if raw.first() != Some(&b'"') || !self.names.contains(&*text(raw)?) {
            return self.scalar(raw);
        }
        self.sink.put(raw);
        Ok(())
    }

    fn scalar(&mut self, raw: &[u8]) -> Result<(), Fault> {
        if raw.first() == Some(&b'"') { self.string(raw) } else { self.unmarked(raw) }
    }

    /// Writes a string without the secrets in it.
    fn string(&mut self, raw: &[u8]) -> Result<(), Fault> {
        let text = text(raw)?;
        if self.find(&text, 0).is_none() {
            self.sink.put(raw);
            return Ok(());
        }
        self.sink.put(b"\"");
        self.scrub(&text, |writer, part| writer.sink.put_part(part));
        self.sink.put(b"\"");
        Ok(())
    }

    /// A short text with a placeholder for each secret in it.
    pub(crate) fn scrubbed(&mut self, text: &[u8]) -> String {
        let mut scrubbed = String::new();
        self.scrub(text, |_, part| scrubbed.push_str(part));
        scrubbed
    }

    /// Hands out the parts of a text, and a placeholder for each secret in it.
    fn scrub(&mut self, text: &[u8], mut part: impl FnMut(&mut Self, &str)) {
        let mut done = 0;
        while let Some((start, end)) = self.find(text, done) {
            part(self, &String::from_utf8_lossy(&text[done..start]));
            // By what stood there and not by the secret that it is a form of: different texts stay different.
            let placeholder = self.placeholders.of_text(&text[start..end]);
            part(self, &placeholder);
            self.scrubs += 1;
            done = end;
        }
        part(self, &String::from_utf8_lossy(&text[done..]));
    }

    /// Writes a mask, whose keys are those of its value.
    pub(crate) fn mask(&mut self, mask: &Mask) {
        match mask {
            Mask::Nothing => self.sink.put(b"false"),
            Mask::All => self.sink.put(b"true"),
            Mask::Items(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.sink.put(if at == 0 { b"[" } else { b"," });
                    self.mask(item);
                }
                self.sink.put(if items.is_empty() { b"[]" } else { b"]" });
            }
            Mask::Members(members) => {
                for (at, (key, member)) in members.iter().enumerate() {
                    self.sink.put(if at == 0 { b"{" } else { b"," });
                    let key = if self.names.contains(&**key) {
                        String::from_utf8_lossy(key)
                    } else {
                        Cow::Owned(self.scrubbed(key))
                    };
                    self.sink.put_text(&key);
                    self.sink.put(b":");
                    self.mask(member);
                }
                self.sink.put(if members.is_empty() { b"{}" } else { b"}" });
            }
        }
    }

    fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.rules.scrub { self.matcher.find(text, from) } else { None }
    }

    /// Whether a secret may stand in a value, which then has to be walked.
    pub(crate) fn has_secret(&self, json: &[u8]) -> Result<bool, Fault> {
        if self.find(json, 0).is_some() {
            return Ok(true);
        }
        if self.matcher.is_empty() || !self.rules.scrub {
            return Ok(false);
        }
        for string in escaped_strings(json) {
            if self.find(&text(string?)?, 0).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
