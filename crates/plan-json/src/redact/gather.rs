//! The first pass: which secrets occur, and which types of resources.

use std::io::{Read, Seek, SeekFrom};

use super::{
    configuration::Declarations,
    found::Found,
    hidden::Hidden,
    mask::Masked,
    rules::{Known, Rules},
    schemas::{Kind, Schemas, Types},
};
use crate::{
    Error,
    cursor::{Fault, fields, text},
    splitter::{Element, Take, Visitor, split, split_placed},
};

/// The values in a change, and their masks.
const MASKED: [&str; 8] = [
    "before",
    "before_sensitive",
    "after",
    "after_sensitive",
    "before_identity",
    "before_identity_sensitive",
    "after_identity",
    "after_identity_sensitive",
];

/// What the second pass has to know.
pub(crate) struct Gathered {
    pub(crate) found: Found,
    pub(crate) types: Types,
    pub(crate) declarations: Declarations,
    pub(crate) format_version: String,
}

/// Reads the plan once, and then its variables and outputs again: only the configuration at its end says which of them
/// are sensitive.
pub(crate) fn gather<P: Read + Seek>(
    plan: &mut P,
    schemas: &Schemas,
    known: &Known,
    rules: Rules,
) -> Result<Gathered, Error> {
    let mut gather = Gather {
        schemas,
        known,
        rules,
        found: Found::new(schemas.names.clone()),
        types: Types::default(),
        declarations: Declarations::default(),
        format_version: None,
        has_plan_section: false,
        with_marks: true,
        places: Vec::new(),
    };
    split(&mut *plan, &mut gather)?;
    let version = gather.format_version.take().ok_or(Error::NotAPlan { missing: "format_version" })?;
    if !gather.has_plan_section {
        return Err(Error::NotAPlan { missing: "planned_values, resource_changes or configuration" });
    }
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        return Err(Error::UnknownFormat { version: version.chars().take(20).collect() });
    }
    for (section, offset) in std::mem::take(&mut gather.places) {
        plan.seek(SeekFrom::Start(offset)).map_err(Error::Read)?;
        split_placed(&mut *plan, Take::Members(section), &mut gather)?;
    }
    Ok(Gathered {
        found: gather.found,
        types: gather.types,
        declarations: gather.declarations,
        format_version: version,
    })
}

struct Gather<'a> {
    schemas: &'a Schemas,
    known: &'a Known,
    rules: Rules,
    found: Found,
    types: Types,
    declarations: Declarations,
    format_version: Option<String>,
    has_plan_section: bool,
    /// Whether the marks of the section at hand count.
    with_marks: bool,
    /// Where the sections are that are read when everything else was.
    places: Vec<(&'static str, u64)>,
}

impl Visitor for Gather<'_> {
    fn choose(&mut self, key: &str) -> Take {
        self.has_plan_section |= matches!(key, "planned_values" | "resource_changes" | "configuration");
        match key {
            "format_version" => Take::Value("format_version"),
            "resource_changes" => Take::Items("resource_changes"),
            "resource_drift" => Take::Items("resource_drift"),
            "deferred_changes" => Take::Items("deferred_changes"),
            "action_invocations" => Take::Items("action_invocations"),
            "deferred_action_invocations" => Take::Items("deferred_action_invocations"),
            "planned_values" => Take::Within("values"),
            "prior_state" => Take::Within("state"),
            "configuration" => Take::Value("configuration"),
            "variables" => Take::Place("variables"),
            "output_changes" => Take::Place("output_changes"),
            _ => Take::Skip,
        }
    }

    fn choose_within(&mut self, place: &'static str, key: &str) -> Take {
        match (place, key) {
            ("state", "values") => Take::Within("values"),
            ("values", "outputs") => Take::Members("outputs"),
            ("values", "root_module") | ("modules", _) => Take::Within("module"),
            ("module", "resources") => Take::Items("resources"),
            ("module", "child_modules") => Take::Within("modules"),
            _ => Take::Skip,
        }
    }

    fn place(&mut self, section: &'static str, offset: u64) {
        self.places.push((section, offset));
    }

    fn take(&mut self, element: &Element<'_>) -> Result<(), Error> {
        if element.section == "format_version" {
            self.format_version = Some(element.parse()?);
            return Ok(());
        }
        let is_other = !matches!(element.section, "resource_changes" | "resources" | "outputs" | "variables");
        self.with_marks = self.rules.collect && (self.rules.every_section || !is_other);
        let read = match element.section {
            "resource_changes" | "resource_drift" => self.resource(element.json),
            "deferred_changes" => match fields(element.json, &["resource_change"]) {
                Ok([Some(resource)]) => self.resource(resource),
                other => other.map(|_| ()),
            },
            "action_invocations" => self.action(element.json),
            "deferred_action_invocations" => match fields(element.json, &["action_invocation"]) {
                Ok([Some(action)]) => self.action(action),
                other => other.map(|_| ()),
            },
            "resources" => self.planned(element.json),
            "outputs" => self.planned_output(element.json),
            "configuration" => match element.json {
                b"null" => Ok(()),
                json => self.declarations.read(json, self.schemas, &mut self.found),
            },
            "variables" => self.variable(element.key, element.json),
            _ => self.output_change(element.key, element.json),
        };
        read.map_err(|fault| element.refuse(fault.0))
    }
}

impl<'a> Gather<'a> {
    fn resource(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [mode, name, provider, change] = fields(json, &["mode", "type", "provider_name", "change"])?;
        let kind = match mode {
            Some(br#""managed""#) => Kind::Resource,
            Some(br#""data""#) => Kind::Data,
            // It is left out of the document.
            _ => return Ok(()),
        };
        let hidden = self.hidden(provider, kind, name, true)?;
        let Some(change) = change else { return Err(Fault("it has no change")) };
        let [
            before,
            before_mask,
            after,
            after_mask,
            before_identity,
            before_mark,
            after_identity,
            after_mark,
        ] = fields(change, &MASKED)?;
        self.value(before, before_mask, hidden)?;
        self.value(after, after_mask, hidden)?;
        self.value(before_identity, before_mark, None)?;
        self.value(after_identity, after_mark, None)
    }

    fn action(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [name, provider, values, mask] =
            fields(json, &["type", "provider_name", "config_values", "config_sensitive"])?;
        let hidden = self.hidden(provider, Kind::Action, name, true)?;
        self.value(values, mask, hidden)
    }

    fn planned(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [mode, name, provider, values, mask] =
            fields(json, &["mode", "type", "provider_name", "values", "sensitive_values"])?;
        let is_data = mode == Some(br#""data""#);
        let hidden = self.hidden(provider, is_data.into(), name, false)?;
        self.value(values, mask.or(Some(b"false")), hidden)
    }

    fn planned_output(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [sensitive, value] = fields(json, &["sensitive", "value"])?;
        self.value(value, sensitive, None)
    }

    fn variable(&mut self, name: &str, json: &[u8]) -> Result<(), Fault> {
        let is_sensitive = self.known.is_variable(name) || self.declarations.is_sensitive_variable(name);
        let [value] = fields(json, &["value"])?;
        self.value(value, is_sensitive.then_some(b"true"), None)
    }

    fn output_change(&mut self, name: &str, json: &[u8]) -> Result<(), Fault> {
        let [before, after, before_mask, after_mask] =
            fields(json, &["before", "after", "before_sensitive", "after_sensitive"])?;
        let declared: Option<&[u8]> = self.declarations.is_sensitive_output(name).then_some(b"true");
        self.value(before, declared.or(before_mask), None)?;
        self.value(after, declared.or(after_mask), None)
    }

    /// The schema of a type, which is noted if the document has a change of it.
    fn hidden(
        &mut self,
        provider: Option<&[u8]>,
        kind: Kind,
        name: Option<&[u8]>,
        is_written: bool,
    ) -> Result<Option<&'a Hidden>, Fault> {
        let (Some(provider), Some(name)) = (provider, name) else { return Ok(None) };
        let (provider, name) = (text(provider)?, text(name)?);
        let (provider, name) = (String::from_utf8_lossy(&provider), String::from_utf8_lossy(&name));
        if is_written {
            self.types.insert(&provider, kind, &name)?;
        }
        let schemas = self.schemas;
        Ok(schemas.hidden(&provider, kind, &name))
    }

    fn value(
        &mut self,
        value: Option<&[u8]>,
        mask: Option<&[u8]>,
        hidden: Option<&Hidden>,
    ) -> Result<(), Fault> {
        let Some(value) = value.filter(|_| self.with_marks) else { return Ok(()) };
        match Masked::of(value, mask, hidden)? {
            Masked::Fits { mask, .. } => self.found.masked(value, &mask),
            // It is hidden for want of knowledge. What is in it need not be a secret.
            Masked::Missing => Ok(()),
            Masked::Misfit => self.found.whole(value),
        }
    }
}
