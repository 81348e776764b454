//! Writes `provider_schemas`: the types that the document has, and no others.
//!
//! The schemas are copied as they are. A client looks every change's type up without asking whether it is there, so one
//! that the schemas do not have gets an empty schema.

use std::{collections::HashSet, io::Write};

use super::{
    schemas::{self, Kind, Types},
    value::Writer,
};
use crate::{
    Error,
    splitter::{Element, Take, Visitor},
};

const EMPTY: &[u8] = br#"{"version":0,"block":{}}"#;

/// Writes one provider after the other.
pub(crate) struct Prune<'a, 'b, W: Write> {
    writer: &'a mut Writer<'b, W>,
    types: &'a Types,
    provider: Option<Provider>,
    done: HashSet<String>,
    /// How many types got an empty schema.
    missing: u64,
}

/// The provider that is being written.
struct Provider {
    name: String,
    has_configuration: bool,
    is_first: bool,
    kind: Option<Kind>,
    kinds_done: HashSet<Kind>,
    types_done: HashSet<String>,
}

impl<'a, 'b, W: Write> Prune<'a, 'b, W> {
    pub(crate) fn new(writer: &'a mut Writer<'b, W>, types: &'a Types) -> Self {
        Self { writer, types, provider: None, done: HashSet::new(), missing: 0 }
    }

    /// Writes what the schemas did not have, and says how many types that were.
    pub(crate) fn finish(mut self) -> u64 {
        self.close_provider();
        for provider in self.types.by_provider.keys() {
            if !self.done.contains(provider) {
                self.open_provider(provider);
                self.close_provider();
            }
        }
        self.missing
    }

    fn open_provider(&mut self, name: &str) {
        if !self.done.is_empty() {
            self.writer.sink.put(b",");
        }
        self.done.insert(name.to_owned());
        self.key(name);
        self.writer.sink.put(b"{");
        self.provider = Some(Provider {
            name: name.to_owned(),
            has_configuration: false,
            is_first: true,
            kind: None,
            kinds_done: HashSet::new(),
            types_done: HashSet::new(),
        });
    }

    fn close_provider(&mut self) {
        self.close_kind();
        for kind in Kind::ALL {
            let is_done = self.provider.as_ref().is_none_or(|provider| provider.kinds_done.contains(&kind));
            if !is_done {
                self.open_kind(kind);
                self.close_kind();
            }
        }
        let Some(provider) = self.provider.take() else { return };
        if !provider.has_configuration {
            self.writer.sink.put(b",\"provider\":{}");
        }
        self.writer.sink.put(b"}");
    }

    fn open_kind(&mut self, kind: Kind) {
        let Some(provider) = &mut self.provider else { return };
        if !std::mem::take(&mut provider.is_first) {
            self.writer.sink.put(b",");
        }
        provider.kind = Some(kind);
        provider.kinds_done.insert(kind);
        provider.types_done.clear();
        self.writer.sink.put_text(kind.section());
        self.writer.sink.put(b":{");
    }

    fn close_kind(&mut self) {
        let Some(provider) = &mut self.provider else { return };
        let Some(kind) = provider.kind.take() else { return };
        let types_done = std::mem::take(&mut provider.types_done);
        let wanted = self.types.by_provider.get(&provider.name);
        let mut is_first = types_done.is_empty();
        for (_, name) in wanted.into_iter().flatten().filter(|(of, _)| *of == kind) {
            if !types_done.contains(name) {
                if !std::mem::take(&mut is_first) {
                    self.writer.sink.put(b",");
                }
                self.missing += 1;
                self.key(name);
                self.writer.sink.put(EMPTY);
            }
        }
        self.writer.sink.put(b"}");
    }

    /// As the changes have it.
    fn key(&mut self, name: &str) {
        let is_public = self.writer.names.contains(name.as_bytes());
        let name = if is_public { name.to_owned() } else { self.writer.scrubbed(name.as_bytes()) };
        self.writer.sink.put_text(&name);
        self.writer.sink.put(b":");
    }

    fn schema(&mut self, provider: &str, element: &Element<'_>) -> Result<(), Error> {
        if self.provider.as_ref().is_none_or(|open| open.name != provider) {
            self.close_provider();
            if self.done.contains(provider) {
                return Err(element.refuse("its provider comes twice"));
            }
            self.open_provider(provider);
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.section() == element.section);
        if self.provider.as_ref().and_then(|provider| provider.kind) != kind {
            self.close_kind();
        }
        let Some(provider) = &mut self.provider else { return Ok(()) };
        let Some(kind) = kind else {
            if std::mem::replace(&mut provider.has_configuration, true) {
                return Err(element.refuse("it comes twice"));
            }
            if !std::mem::take(&mut provider.is_first) {
                self.writer.sink.put(b",");
            }
            self.writer.sink.put(b"\"provider\":");
            self.writer.sink.put(element.json);
            return Ok(());
        };
        if provider.kind.is_none() {
            if provider.kinds_done.contains(&kind) {
                return Err(element.refuse("its section comes twice"));
            }
            self.open_kind(kind);
        }
        let Some(provider) = &mut self.provider else { return Ok(()) };
        let wanted = self.types.by_provider.get(&provider.name);
        if !wanted.is_some_and(|types| types.contains(&(kind, element.key.to_owned()))) {
            return Ok(());
        }
        let is_first = provider.types_done.is_empty();
        if !provider.types_done.insert(element.key.to_owned()) {
            return Err(element.refuse("it comes twice"));
        }
        if !is_first {
            self.writer.sink.put(b",");
        }
        self.key(element.key);
        self.writer.sink.put(element.json);
        Ok(())
    }
}

impl<W: Write> Visitor for Prune<'_, '_, W> {
    fn choose(&mut self, key: &str) -> Take {
        if key == "provider_schemas" { Take::Within("providers") } else { Take::Skip }
    }

    fn choose_within(&mut self, place: &'static str, key: &str) -> Take {
        schemas::choose_within(place, key)
    }

    fn take(&mut self, element: &Element<'_>) -> Result<(), Error> {
        let [_, provider] = element.path else { return Ok(()) };
        if !self.types.by_provider.contains_key(provider) {
            return Ok(());
        }
        element.validate()?;
        self.schema(provider, element)?;
        self.writer.sink.check().map_err(Error::Write)
    }
}
