//! Which parts of a value are sensitive: the engine's own mask, and what the provider's schema adds.

use std::collections::BTreeMap;

use super::hidden::Hidden;
use crate::cursor::{Cursor, Fault, Kind, text};

/// A larger one counts as one that does not fit.
const MASK_PLACES_MAX: usize = 100_000;

/// The sensitive parts of one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mask {
    Nothing,
    All,
    Items(Vec<Mask>),
    Members(BTreeMap<Vec<u8>, Mask>),
}

/// What a mask says of a value.
#[derive(Debug)]
pub(crate) enum Masked {
    /// It fits.
    Fits {
        mask: Mask,
        /// Whether it says more than the engine's own.
        is_more: bool,
    },
    /// There is none.
    Missing,
    /// Its shape is not the value's.
    Misfit,
}

impl Masked {
    /// Compares a value with its mask, and adds what the schema hides.
    pub(crate) fn of(value: &[u8], mask: Option<&[u8]>, hidden: Option<&Hidden>) -> Result<Self, Fault> {
        let mask = match mask {
            None | Some(b"null") => return Ok(Self::Missing),
            Some(mask) => mask,
        };
        let is_plain = mask == b"false" || mask == b"{}" && value.first() == Some(&b'{');
        if is_plain && hidden.is_none() {
            return Ok(Self::Fits { mask: Mask::Nothing, is_more: false });
        }
        let Some(engines) = Mask::parse(mask)? else { return Ok(Self::Misfit) };
        let mut mask = engines.clone();
        if !mask.fit(&mut Cursor::new(value), hidden)? {
            return Ok(Self::Misfit);
        }
        Ok(Self::Fits { is_more: hidden.is_some() && mask != engines, mask })
    }
}

impl Mask {
    /// `None` for what is not a mask, or too large a one.
    pub(crate) fn parse(json: &[u8]) -> Result<Option<Self>, Fault> {
        Self::parse_at(&mut Cursor::new(json), &mut 0)
    }

    fn parse_at(cursor: &mut Cursor<'_>, places: &mut usize) -> Result<Option<Self>, Fault> {
        *places += 1;
        if *places > MASK_PLACES_MAX {
            return Ok(None);
        }
        let mut is_first = true;
        Ok(match cursor.kind()? {
            Kind::Bool => Some(if cursor.skip()? == b"true" { Self::All } else { Self::Nothing }),
            Kind::Array => {
                let mut items = Vec::new();
                cursor.open()?;
                while cursor.next_item(is_first)? {
                    is_first = false;
                    let Some(item) = Self::parse_at(cursor, places)? else { return Ok(None) };
                    items.push(item);
                }
                Some(Self::Items(items))
            }
            Kind::Object => {
                let mut members = BTreeMap::new();
                cursor.open()?;
                while let Some(key) = cursor.next_key(is_first)? {
                    is_first = false;
                    let Some(member) = Self::parse_at(cursor, places)? else { return Ok(None) };
                    if members.insert(text(key)?.into_owned(), member).is_some() {
                        return Ok(None);
                    }
                }
                Some(Self::Members(members))
            }
            Kind::Null | Kind::Number | Kind::String => None,
        })
    }

    /// Whether any part is sensitive.
    pub(crate) fn has_any(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Items(items) => items.iter().any(Self::has_any),
            Self::Members(members) => members.values().any(Self::has_any),
        }
    }

    /// The mask of a member, taken out; to be given back.
    pub(crate) fn take_member(&mut self, key: &[u8]) -> Self {
        match self {
            Self::Members(members) => {
                members.get_mut(key).map_or(Self::Nothing, |member| std::mem::replace(member, Self::Nothing))
            }
            _ => Self::Nothing,
        }
    }

    pub(crate) fn give_member(&mut self, key: &[u8], mask: Self) {
        if mask == Self::Nothing {
            return;
        }
        match self {
            Self::Members(members) => {
                members.insert(key.to_owned(), mask);
            }
            Self::Nothing => *self = Self::Members(BTreeMap::from([(key.to_owned(), mask)])),
            Self::All | Self::Items(_) => {}
        }
    }

    pub(crate) fn take_item(&mut self, at: usize) -> Self {
        match self {
            Self::Items(items) => {
                items.get_mut(at).map_or(Self::Nothing, |item| std::mem::replace(item, Self::Nothing))
            }
            _ => Self::Nothing,
        }
    }

    pub(crate) fn give_item(&mut self, at: usize, mask: Self) {
        if mask == Self::Nothing {
            return;
        }
        if *self == Self::Nothing {
            *self = Self::Items(Vec::new());
        }
        if let Self::Items(items) = self {
            if items.len() <= at {
                items.resize(at + 1, Self::Nothing);
            }
            items[at] = mask;
        }
    }

    /// Whether the mask has the value's shape; adds what the schema hides. Anything fits `null`, and `false` fits
    /// anything.
    fn fit(&mut self, cursor: &mut Cursor<'_>, hidden: Option<&Hidden>) -> Result<bool, Fault> {
        let kind = cursor.kind()?;
        if kind != Kind::Null && *self != Self::All && hidden == Some(&Hidden::Whole) {
            *self = Self::All;
        }
        let is_open = *self == Self::Nothing && hidden.is_none();
        if kind == Kind::Null || *self == Self::All || is_open {
            cursor.skip()?;
            return Ok(true);
        }
        match kind {
            Kind::Array => self.fit_items(cursor, hidden),
            Kind::Object => self.fit_members(cursor, hidden),
            _ => Ok(false),
        }
    }

    fn fit_items(&mut self, cursor: &mut Cursor<'_>, hidden: Option<&Hidden>) -> Result<bool, Fault> {
        let each = match hidden {
            None => None,
            Some(Hidden::Each(each)) => Some(&**each),
            Some(_) => return Ok(false),
        };
        let wanted = match self {
            Self::Nothing => None,
            Self::Items(items) => Some(items.len()),
            _ => return Ok(false),
        };
        cursor.open()?;
        let mut count = 0;
        while cursor.next_item(count == 0)? {
            let mut item = self.take_item(count);
            if !item.fit(cursor, each)? {
                return Ok(false);
            }
            self.give_item(count, item);
            count += 1;
        }
        Ok(wanted.is_none_or(|wanted| wanted == count))
    }

    fn fit_members(&mut self, cursor: &mut Cursor<'_>, hidden: Option<&Hidden>) -> Result<bool, Fault> {
        if !matches!(self, Self::Nothing | Self::Members(_)) {
            return Ok(false);
        }
        cursor.open()?;
        let mut is_first = true;
        while let Some(key) = cursor.next_key(is_first)? {
            is_first = false;
            let key = text(key)?;
            let within = match hidden {
                Some(Hidden::Members(members)) => members.get(&*key),
                Some(Hidden::Each(each)) => Some(&**each),
                _ => None,
            };
            let mut member = self.take_member(&key);
            if !member.fit(cursor, within)? {
                return Ok(false);
            }
            self.give_member(&key, member);
        }
        Ok(true)
    }
}
