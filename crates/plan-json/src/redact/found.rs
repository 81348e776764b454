//! The secrets that a plan holds, as many as are worth looking for elsewhere.

use std::collections::HashSet;

use super::{
    hidden::Hidden,
    mask::{Mask, Masked},
};
use crate::{
    cursor::{Cursor, Fault, Kind, each_item, each_member, fields, text},
    scan::DEPTH_MAX,
    secrets::{SECRET_BYTES_MIN, SecretForms},
};

/// More of them are not looked for: then everything is hidden.
const SECRETS_MAX: usize = 20_000;
/// The same, for all of them together.
const SECRETS_BYTES_MAX: usize = 1 << 20;
/// The same, for all their forms.
const FORMS_BYTES_MAX: usize = 12 << 20;
/// A longer text is not looked into for the JSON that it may be.
const INNER_JSON_BYTES_MAX: usize = 1 << 20;
/// A key of so few letters and nothing else is an attribute's name, not a secret.
const PLAIN_KEY_BYTES_MAX: usize = 24;

/// The secrets found so far.
pub(crate) struct Found {
    secrets: HashSet<Box<str>>,
    size_bytes: usize,
    /// There are more than can be looked for.
    is_over: bool,
    /// The names that schemas have, which are no secrets.
    names: HashSet<Box<[u8]>>,
}

impl Found {
    pub(crate) fn new(names: HashSet<Box<[u8]>>) -> Self {
        Self { secrets: HashSet::new(), size_bytes: 0, is_over: false, names }
    }

    /// All forms to look for, together with those that were known before.
    pub(crate) fn into_forms(self, known: &SecretForms) -> (SecretForms, bool) {
        let mut forms = known.clone();
        let mut is_over = self.is_over;
        for secret in self.secrets {
            if forms.size_bytes() > FORMS_BYTES_MAX {
                is_over = true;
                break;
            }
            forms.add_text(&secret);
        }
        (forms, is_over)
    }

    pub(crate) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Takes the sensitive parts of a value.
    pub(crate) fn masked(&mut self, json: &[u8], mask: &Mask) -> Result<(), Fault> {
        if !mask.has_any() {
            return Ok(());
        }
        self.masked_at(&mut Cursor::new(json), mask)
    }

    fn masked_at(&mut self, cursor: &mut Cursor<'_>, mask: &Mask) -> Result<(), Fault> {
        let mut is_first = true;
        match (mask, cursor.kind()?) {
            (Mask::All, _) => return self.whole(cursor.skip()?),
            (Mask::Items(items), Kind::Array) => {
                cursor.open()?;
                let mut items = items.iter();
                while cursor.next_item(is_first)? {
                    is_first = false;
                    self.masked_at(cursor, items.next().unwrap_or(&Mask::Nothing))?;
                }
            }
            (Mask::Members(members), Kind::Object) => {
                cursor.open()?;
                while let Some(key) = cursor.next_key(is_first)? {
                    is_first = false;
                    self.masked_at(cursor, members.get(&*text(key)?).unwrap_or(&Mask::Nothing))?;
                }
            }
            _ => {
                cursor.skip()?;
            }
        }
        Ok(())
    }

    /// Takes everything in a sensitive value: its texts, its numbers, and the keys of its maps.
    pub(crate) fn whole(&mut self, json: &[u8]) -> Result<(), Fault> {
        self.whole_at(&mut Cursor::new(json), 0, true)
    }

    fn whole_at(&mut self, cursor: &mut Cursor<'_>, depth: usize, with_keys: bool) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault("it is nested too deeply"));
        }
        let mut is_first = true;
        match cursor.kind()? {
            Kind::Null | Kind::Bool => {
                cursor.skip()?;
            }
            Kind::Number => self.text(cursor.skip()?),
            Kind::String => {
                let text = text(cursor.skip()?)?;
                self.text(&text);
                self.inner_json(&text, depth);
            }
            Kind::Array => {
                cursor.open()?;
                while cursor.next_item(is_first)? {
                    is_first = false;
                    self.whole_at(cursor, depth + 1, with_keys)?;
                }
            }
            Kind::Object => {
                cursor.open()?;
                while let Some(key) = cursor.next_key(is_first)? {
                    is_first = false;
                    if with_keys {
                        self.key(&text(key)?);
                    }
                    self.whole_at(cursor, depth + 1, with_keys)?;
                }
            }
        }
        Ok(())
    }

    /// A text may be JSON, whose texts then are secrets, too.
    fn inner_json(&mut self, text: &[u8], depth: usize) {
        if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) || text.len() > INNER_JSON_BYTES_MAX
        {
            return;
        }
        if serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok() {
            // What is nested too deeply stays one secret as a whole.
            let _ = self.whole_at(&mut Cursor::new(text), depth + 1, false);
        }
    }

    fn key(&mut self, key: &[u8]) {
        let is_plain = key.len() <= PLAIN_KEY_BYTES_MAX
            && key.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
        if !is_plain && !self.names.contains(key) {
            self.text(key);
        }
    }

    fn text(&mut self, text: &[u8]) {
        // Half surrogate pairs are left out: no form of a secret has them.
        for chunk in text.utf8_chunks() {
            let secret = chunk.valid();
            if secret.len() < SECRET_BYTES_MIN || self.secrets.contains(secret) {
                continue;
            }
            if self.secrets.len() >= SECRETS_MAX || self.size_bytes + secret.len() > SECRETS_BYTES_MAX {
                self.is_over = true;
                return;
            }
            self.size_bytes += secret.len();
            self.secrets.insert(secret.into());
        }
    }

    /// Takes what a configuration's expressions give to the places that a schema hides.
    pub(crate) fn expressions(&mut self, json: &[u8], hidden: &Hidden) -> Result<(), Fault> {
        if !json.starts_with(b"{") {
            return each_item(json, |item| self.expressions(item, hidden));
        }
        if let [Some(constant)] = fields(json, &["constant_value"])? {
            return match Masked::of(constant, Some(b"false"), Some(hidden))? {
                Masked::Fits { mask, .. } => self.masked(constant, &mask),
                Masked::Missing | Masked::Misfit => self.whole(constant),
            };
        }
        each_member(json, |_, key, value| match hidden {
            Hidden::Whole => Ok(()),
            Hidden::Members(members) => {
                members.get(key).map_or(Ok(()), |hidden| self.expressions(value, hidden))
            }
            Hidden::Each(each) => self.each_expression(key, value, each),
        })
    }

    /// A repeated block stands as an array of blocks or, where it has labels, as an object of them.
    fn each_expression(&mut self, key: &[u8], value: &[u8], each: &Hidden) -> Result<(), Fault> {
        match each {
            Hidden::Members(members) if members.contains_key(key) => self.expressions(value, &members[key]),
            _ => self.expressions(value, each),
        }
    }
}
