//! The second pass: writes the document's sections as they come by.

use std::io::Write;

use super::{
    change::{ObjectStart, RESOURCE, Treatment},
    configuration::Declarations,
    schemas::{Kind, Schemas},
    value::Writer,
};
use crate::{
    Error,
    cursor::{Fault, fields, text},
    splitter::{Element, Take, Visitor},
};

/// The document's sections, each with what opens and closes it. Clients count on all of them.
const SECTIONS: [(&str, [&[u8]; 2]); 6] = [
    ("resource_changes", [b"[", b"]"]),
    ("resource_drift", [b"[", b"]"]),
    ("relevant_attributes", [b"[", b"]"]),
    ("output_changes", [b"{", b"}"]),
    ("deferred_changes", [b"[", b"]"]),
    ("action_invocations", [b"[", b"]"]),
];
/// What is written with the rule turned off that nothing else is.
const LEFT_OUT: [&str; 5] = ["variables", "planned_values", "prior_state", "configuration", "checks"];

/// Writes one section after the other.
pub(crate) struct Sections<'a, 'b, W: Write> {
    pub(crate) writer: &'a mut Writer<'b, W>,
    pub(crate) schemas: &'a Schemas,
    pub(crate) declarations: &'a Declarations,
    pub(crate) is_withheld: bool,
    pub(crate) is_written: [bool; SECTIONS.len()],
    /// The section that is open, and whether it has an element yet.
    pub(crate) open: Option<(usize, bool)>,
}

impl<'a, W: Write> Sections<'a, '_, W> {
    /// Closes the last section and writes those that the plan does not have. Something stands before each.
    pub(crate) fn finish(&mut self) {
        self.close();
        for (at, (name, [open, close])) in SECTIONS.iter().enumerate() {
            if !self.is_written[at] {
                self.start(name, open);
                self.writer.sink.put(close);
            }
        }
    }

    fn start(&mut self, name: &str, open: &[u8]) {
        self.writer.sink.put(b",");
        self.writer.sink.put_text(name);
        self.writer.sink.put(b":");
        self.writer.sink.put(open);
    }

    fn close(&mut self) {
        if let Some((at, _)) = self.open.take() {
            self.writer.sink.put(SECTIONS[at].1[1]);
        }
    }

    fn element(&mut self, element: &Element<'_>) -> Result<(), Fault> {
        let (key, json) = (element.key, element.json);
        match element.section {
            "relevant_attributes" if self.is_withheld => Ok(()),
            "relevant_attributes" => {
                self.separate();
                self.relevant(json)
            }
            "output_changes" => {
                self.separate();
                self.output(key, json)
            }
            "deferred_changes" => self.deferred(json),
            "action_invocations" => {
                self.separate();
                let [name, provider] = fields(json, &["type", "provider_name"])?;
                let treatment = self.treatment(element.section, Some((Kind::Action, name, provider)))?;
                self.writer.action(json, treatment)
            }
            section => {
                let parts = fields(json, &RESOURCE)?;
                let Some(kind) = kind(&parts)? else { return Ok(()) };
                self.separate();
                let treatment = self.treatment(section, Some(kind))?;
                self.writer.resource(parts, treatment)
            }
        }
    }

    /// What tells a section's elements apart.
    fn separate(&mut self) {
        if let Some((_, has_element)) = &mut self.open
            && std::mem::replace(has_element, true)
        {
            self.writer.sink.put(b",");
        }
    }

    fn relevant(&mut self, json: &[u8]) -> Result<(), Fault> {
        let names = ["resource", "attribute"];
        let mut object = ObjectStart::new();
        for (name, part) in names.iter().zip(fields(json, &names)?) {
            let Some(part) = part else { continue };
            object.key(self.writer, name);
            self.writer.unmarked(part)?;
        }
        object.end(self.writer);
        Ok(())
    }

    fn output(&mut self, name: &str, json: &[u8]) -> Result<(), Fault> {
        let name_json = serde_json::Value::from(name).to_string();
        self.writer.name(name_json.as_bytes())?;
        self.writer.sink.put(b":");
        let is_declared = self.declarations.is_sensitive_output(name);
        let mut treatment = self.treatment("output_changes", None)?;
        if is_declared && treatment.with_marks && self.writer.rules.collect {
            treatment.is_hidden = true;
        }
        self.writer.change(json, treatment)
    }

    fn deferred(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [reason, resource] = fields(json, &["reason", "resource_change"])?;
        let Some(resource) = resource else { return Err(Fault("it has no resource_change")) };
        let parts = fields(resource, &RESOURCE)?;
        let Some(kind) = kind(&parts)? else { return Ok(()) };
        self.separate();
        let mut object = ObjectStart::new();
        if let Some(reason) = reason {
            object.key(self.writer, "reason");
            self.writer.unmarked(reason)?;
        }
        object.key(self.writer, "resource_change");
        let treatment = self.treatment("deferred_changes", Some(kind))?;
        self.writer.resource(parts, treatment)?;
        object.end(self.writer);
        Ok(())
    }

    fn treatment(&self, section: &str, of: Option<Type<'_>>) -> Result<Treatment<'a>, Fault> {
        let rules = self.writer.rules;
        let mut treatment = Treatment {
            hidden: None,
            is_withheld: self.is_withheld,
            is_hidden: false,
            with_marks: rules.every_section || section == "resource_changes",
        };
        if let Some((kind, Some(name), Some(provider))) = of
            && rules.collect
            && treatment.with_marks
        {
            let (name, provider) = (text(name)?, text(provider)?);
            let (name, provider) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&provider));
            let schemas = self.schemas;
            treatment.hidden = schemas.hidden(&provider, kind, &name);
        }
        Ok(treatment)
    }
}

/// What says which schema an element has: its kind, its type and its provider.
type Type<'a> = (Kind, Option<&'a [u8]>, Option<&'a [u8]>);

/// `None` for what clients do not know, as ephemeral resources.
fn kind<'a>(parts: &[Option<&'a [u8]>; RESOURCE.len()]) -> Result<Option<Type<'a>>, Fault> {
    let [_, _, _, mode, name, _, _, provider, ..] = *parts;
    match mode {
        Some(br#""managed""#) => Ok(Some((Kind::Resource, name, provider))),
        Some(br#""data""#) => Ok(Some((Kind::Data, name, provider))),
        Some(_) => Ok(None),
        None => Err(Fault("it has no mode")),
    }
}

impl<W: Write> Visitor for Sections<'_, '_, W> {
    fn choose(&mut self, key: &str) -> Take {
        if let Some(name) = LEFT_OUT.into_iter().find(|name| *name == key && !self.writer.rules.only_redacted)
        {
            return Take::Value(name);
        }
        let Some(at) = SECTIONS.iter().position(|(name, _)| *name == key) else { return Take::Skip };
        let (name, [open, _]) = SECTIONS[at];
        if !self.is_written[at] {
            self.close();
            self.start(name, open);
            self.open = Some((at, false));
            self.is_written[at] = true;
        }
        if open == b"{" { Take::Members(name) } else { Take::Items(name) }
    }

    fn take(&mut self, element: &Element<'_>) -> Result<(), Error> {
        if LEFT_OUT.contains(&element.section) {
            self.close();
            self.start(element.section, element.json);
            return Ok(());
        }
        element.validate()?;
        self.writer.placeholders.make_room();
        self.element(element).map_err(|fault| element.refuse(fault.0))?;
        self.writer.sink.check().map_err(Error::Write)
    }
}
