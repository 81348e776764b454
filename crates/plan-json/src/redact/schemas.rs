//! The output of `providers schema -json`: read once for what is sensitive, and once for the part that a plan needs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    io::Read,
};

use super::hidden::{Hidden, SchemaReader};
use crate::{
    Error,
    cursor::Fault,
    splitter::{Element, Take, Visitor, split},
};

/// A plan of more types is refused; the largest provider has some 1,500.
const TYPES_MAX: usize = 20_000;

/// What a type is a type of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Resource,
    Data,
    Action,
}

impl Kind {
    /// All of them, in the order in which they are written when the schemas do not have them.
    pub(crate) const ALL: [Self; 3] = [Self::Resource, Self::Data, Self::Action];

    /// Where a provider's schemas have its types.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Resource => "resource_schemas",
            Self::Data => "data_source_schemas",
            Self::Action => "action_schemas",
        }
    }
}

impl From<bool> for Kind {
    fn from(is_data: bool) -> Self {
        if is_data { Self::Data } else { Self::Resource }
    }
}

/// The types of a plan's changes, by provider.
#[derive(Debug, Default)]
pub(crate) struct Types {
    pub(crate) by_provider: BTreeMap<String, BTreeSet<(Kind, String)>>,
    count: usize,
}

impl Types {
    pub(crate) fn insert(&mut self, provider: &str, kind: Kind, name: &str) -> Result<(), Fault> {
        if !self.by_provider.contains_key(provider) {
            self.by_provider.insert(provider.to_owned(), BTreeSet::new());
        }
        let Some(types) = self.by_provider.get_mut(provider) else { return Ok(()) };
        if types.insert((kind, name.to_owned())) {
            self.count += 1;
            if self.count > TYPES_MAX {
                return Err(Fault("the plan has more than 20000 types of resources"));
            }
        }
        Ok(())
    }
}

/// What all providers' schemas hide.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) format_version: String,
    pub(crate) names: HashSet<Box<[u8]>>,
    providers: HashMap<String, Hidden>,
    types: HashMap<String, HashMap<(Kind, String), Hidden>>,
}

impl Schemas {
    /// Those of a run that has none.
    pub(crate) fn none() -> Self {
        Self { format_version: "1.0".to_owned(), ..Self::default() }
    }

    /// Reads the document to its end.
    pub(crate) fn read(document: impl Read) -> Result<Self, Error> {
        let mut reading = Reading::default();
        split(document, &mut reading)?;
        let Some(version) = reading.format_version else {
            return Err(Error::NotAPlan { missing: "format_version" });
        };
        if !matches!(version.split('.').next(), Some("0" | "1")) {
            return Err(Error::UnknownFormat { version: version.chars().take(20).collect() });
        }
        let mut schemas = reading.schemas;
        schemas.format_version = version;
        schemas.names = reading.reader.names;
        Ok(schemas)
    }

    /// What is sensitive in a provider's own configuration.
    pub(crate) fn provider(&self, provider: &str) -> Option<&Hidden> {
        self.providers.get(provider)
    }

    /// What is sensitive in a value of a type.
    pub(crate) fn hidden(&self, provider: &str, kind: Kind, name: &str) -> Option<&Hidden> {
        self.types.get(provider)?.get(&(kind, name.to_owned()))
    }
}

/// What is gone into to reach the schemas.
pub(crate) fn choose_within(place: &'static str, key: &str) -> Take {
    match (place, key) {
        ("providers", _) => Take::Within("provider"),
        ("provider", "provider") => Take::Value("provider"),
        ("provider", key) => Kind::ALL
            .into_iter()
            .find(|kind| kind.section() == key)
            .map_or(Take::Skip, |kind| Take::Members(kind.section())),
        _ => Take::Skip,
    }
}

#[derive(Default)]
struct Reading {
    reader: SchemaReader,
    schemas: Schemas,
    format_version: Option<String>,
}

impl Visitor for Reading {
    fn choose(&mut self, key: &str) -> Take {
        match key {
            "format_version" => Take::Value("format_version"),
            "provider_schemas" => Take::Within("providers"),
            _ => Take::Skip,
        }
    }

    fn choose_within(&mut self, place: &'static str, key: &str) -> Take {
        choose_within(place, key)
    }

    fn take(&mut self, element: &Element<'_>) -> Result<(), Error> {
        let [_, provider] = element.path else {
            self.format_version = Some(element.parse()?);
            return Ok(());
        };
        let hidden = self.reader.schema(element.json).map_err(|fault| element.refuse(fault.0))?;
        self.reader.name(provider.as_bytes());
        let kind = Kind::ALL.into_iter().find(|kind| kind.section() == element.section);
        if kind.is_some() {
            self.reader.name(element.key.as_bytes());
        }
        let Some(hidden) = hidden else { return Ok(()) };
        match kind {
            None => {
                self.schemas.providers.insert(provider.clone(), hidden);
            }
            Some(kind) => {
                let types = self.schemas.types.entry(provider.clone()).or_default();
                types.insert((kind, element.key.to_owned()), hidden);
            }
        }
        Ok(())
    }
}
