//! What a provider's schema calls sensitive, without everything else that it says.

use std::collections::{HashMap, HashSet};

use crate::cursor::{Fault, each_member, fields, text};

/// All providers together: the largest known one has some ten thousand.
const PLACES_MAX: usize = 500_000;
/// Beyond these a name counts as any other text.
const NAMES_MAX: usize = 200_000;

/// The sensitive places of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// All of it.
    Whole,
    /// These members of an object.
    Members(HashMap<Box<[u8]>, Hidden>),
    /// These places of each item of an array, or of each member of a map.
    Each(Box<Hidden>),
}

/// Reads schemas.
#[derive(Debug, Default)]
pub(crate) struct SchemaReader {
    /// The names of providers, types, attributes and blocks: they are public.
    pub(crate) names: HashSet<Box<[u8]>>,
    places: usize,
}

impl SchemaReader {
    /// Notes a name that is public.
    pub(crate) fn name(&mut self, name: &[u8]) {
        if self.names.len() < NAMES_MAX && !self.names.contains(name) {
            self.names.insert(name.into());
        }
    }

    /// What is sensitive in a value of this schema: `{"version": …, "block": …}`.
    pub(crate) fn schema(&mut self, json: &[u8]) -> Result<Option<Hidden>, Fault> {
        match fields(json, &["block"])? {
            [Some(block)] => self.block(block),
            [None] => Ok(None),
        }
    }

    fn block(&mut self, json: &[u8]) -> Result<Option<Hidden>, Fault> {
        let [attributes, blocks] = fields(json, &["attributes", "block_types"])?;
        let mut members = HashMap::new();
        if let Some(attributes) = attributes {
            self.attributes(attributes, &mut members)?;
        }
        if let Some(blocks) = blocks {
            each_member(blocks, |_, name, json| {
                self.name(name);
                let [block, nesting] = fields(json, &["block", "nesting_mode"])?;
                let inner = block.map(|block| self.block(block)).transpose()?.flatten();
                self.place(name, nested(inner, nesting)?, &mut members)
            })?;
        }
        Ok((!members.is_empty()).then_some(Hidden::Members(members)))
    }

    fn attributes(&mut self, json: &[u8], members: &mut HashMap<Box<[u8]>, Hidden>) -> Result<(), Fault> {
        each_member(json, |_, name, json| {
            self.name(name);
            let [sensitive, write_only, inner] = fields(json, &["sensitive", "write_only", "nested_type"])?;
            // What is neither yes nor no counts as yes.
            let is_set = |flag: Option<&[u8]>| flag.is_some_and(|flag| !matches!(flag, b"false" | b"null"));
            if is_set(sensitive) || is_set(write_only) {
                return self.place(name, Some(Hidden::Whole), members);
            }
            let Some(inner) = inner else { return Ok(()) };
            let [attributes, nesting] = fields(inner, &["attributes", "nesting_mode"])?;
            let mut within = HashMap::new();
            if let Some(attributes) = attributes {
                self.attributes(attributes, &mut within)?;
            }
            let within = (!within.is_empty()).then_some(Hidden::Members(within));
            self.place(name, nested(within, nesting)?, members)
        })
    }

    fn place(
        &mut self,
        name: &[u8],
        hidden: Option<Hidden>,
        members: &mut HashMap<Box<[u8]>, Hidden>,
    ) -> Result<(), Fault> {
        let Some(hidden) = hidden else { return Ok(()) };
        self.places += 1;
        if self.places > PLACES_MAX {
            return Err(Fault("there are more than 500000 sensitive places"));
        }
        let hidden = if members.contains_key(name) { Hidden::Whole } else { hidden };
        members.insert(name.into(), hidden);
        Ok(())
    }
}

fn nested(inner: Option<Hidden>, nesting: Option<&[u8]>) -> Result<Option<Hidden>, Fault> {
    let Some(inner) = inner else { return Ok(None) };
    let nesting = nesting.map(text).transpose()?;
    Ok(Some(match nesting.as_deref() {
        Some(b"single" | b"group") => inner,
        Some(b"list" | b"set" | b"map") => Hidden::Each(Box::new(inner)),
        _ => Hidden::Whole,
    }))
}
