//! Counts what a plan would do, as the engine's own summary line does.

use std::io::Read;

use serde::de::IgnoredAny;

use crate::{
    Error,
    change::{Action, Change, Object, ResourceChange},
    digest::Digest,
    splitter::{Element, Take, Text, Visitor, split},
};

/// The numbers of the line `Plan: 1 to import, 2 to add, 3 to change, 4 to destroy.`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Created, also as one half of a replacement.
    pub additions: u64,
    /// Updated in place.
    pub changes: u64,
    /// Destroyed, also as one half of a replacement.
    pub destructions: u64,
    /// Imported, whatever else happens to them.
    pub imports: u64,
}

/// What a plan document says, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The numbers of the engine's summary line.
    pub counts: Counts,
    /// Whether an apply would change resources, outputs or (when only refreshing) the state. Of a plan
    /// that stopped on an error: whether it had found such changes by then.
    pub has_changes: bool,
    /// Whether the engine wrote configuration for an imported resource.
    pub generated_configuration: bool,
    /// Whether planning stopped on an error.
    pub errored: bool,
    /// Whether the engine says that the plan can be applied; older engines do not say.
    pub applyable: Option<bool>,
    /// The version of the document's format, as `1.2`.
    pub format_version: String,
    /// The version of the engine that made the plan.
    pub engine_version: Option<String>,
    /// Resources the plan names, with those it leaves as they are.
    pub resource_changes: u64,
    /// The SHA-256 of the document.
    pub sha256: [u8; 32],
    /// The length of the document.
    pub size_bytes: u64,
}

/// Reads a plan as `show -json` prints it, to the end.
///
/// # Errors
///
/// Says where the document is not JSON or not a plan, or that it could not be read.
pub fn summarize(document: impl Read) -> Result<Summary, Error> {
    let mut document = Digest::new(document);
    let mut tally = Tally::default();
    split(&mut document, &mut tally)?;
    let (sha256, size_bytes) = document.finish();
    let format_version = tally.format_version.take().ok_or(Error::NotAPlan { missing: "format_version" })?;
    if !tally.has_plan_section {
        // The same command prints a state with a `format_version`, too.
        return Err(Error::NotAPlan { missing: "planned_values, resource_changes or configuration" });
    }
    if !matches!(format_version.split('.').next(), Some("0" | "1")) {
        return Err(Error::UnknownFormat { version: format_version.chars().take(20).collect() });
    }
    Ok(Summary {
        counts: tally.counts,
        has_changes: tally.has_changes(),
        generated_configuration: tally.generated_configuration,
        errored: tally.errored,
        applyable: tally.applyable,
        format_version,
        engine_version: tally.engine_version,
        resource_changes: tally.resource_changes,
        sha256,
        size_bytes,
    })
}

/// The summary in the making.
#[derive(Default)]
struct Tally {
    counts: Counts,
    has_resource_change: bool,
    has_output_change: bool,
    has_drift: bool,
    has_invocation: bool,
    has_plan_section: bool,
    generated_configuration: bool,
    errored: bool,
    applyable: Option<bool>,
    format_version: Option<String>,
    engine_version: Option<String>,
    resource_changes: u64,
}

impl Tally {
    /// The engine's own word where there is one. It calls no errored plan applyable, but people want
    /// to know what such a plan had found.
    fn has_changes(&self) -> bool {
        if let (Some(applyable), false) = (self.applyable, self.errored) {
            return applyable;
        }
        // Drift is applied only by a plan that just refreshes, which is one that names no resource:
        // any other plan names each one, if only to leave it. A move alone is not drift: the engines
        // offer nothing to apply then.
        let has_refreshed = self.has_drift && self.resource_changes == 0 && !self.errored;
        // A data source to be read is no change here. Terraform calls a plan with nothing else
        // applyable, and then its word counts.
        self.has_resource_change || self.has_output_change || self.has_invocation || has_refreshed
    }

    fn resource_change(&mut self, element: &Element<'_>) -> Result<(), Error> {
        self.resource_changes += 1;
        let (resource, change, action) = read_change(element)?;
        self.has_resource_change |= action.is_change() || change.is_import || resource.is_moved;
        self.generated_configuration |= change.has_generated_configuration;
        if resource.is_managed.ok_or_else(|| element.refuse("it has no mode"))? {
            self.count(action);
            self.counts.imports += u64::from(change.is_import);
        }
        Ok(())
    }

    fn count(&mut self, action: Action) {
        match action {
            Action::Create | Action::ReplaceAndForget => self.counts.additions += 1,
            Action::Update => self.counts.changes += 1,
            Action::Delete => self.counts.destructions += 1,
            Action::Replace => {
                self.counts.additions += 1;
                self.counts.destructions += 1;
            }
            Action::NoOp | Action::Read | Action::Forget | Action::Unknown => {}
        }
    }

    fn drift(&mut self, element: &Element<'_>) -> Result<(), Error> {
        let (_, _, action) = read_change(element)?;
        self.has_drift |= action.is_change();
        Ok(())
    }

    fn output_change(&mut self, element: &Element<'_>) -> Result<(), Error> {
        let Object(change): Object<Change> = element.parse()?;
        let action = change.action.ok_or_else(|| element.refuse("it has no actions"))?;
        self.has_output_change |= action.is_change();
        Ok(())
    }
}

impl Visitor for Tally {
    fn choose(&mut self, key: &str) -> Take {
        self.has_plan_section |= matches!(key, "planned_values" | "resource_changes" | "configuration");
        match key {
            "format_version" => Take::Value("format_version"),
            "terraform_version" => Take::Value("terraform_version"),
            "applyable" => Take::Value("applyable"),
            "errored" => Take::Value("errored"),
            "resource_changes" => Take::Items("resource_changes"),
            "resource_drift" => Take::Items("resource_drift"),
            "action_invocations" => Take::Items("action_invocations"),
            "output_changes" => Take::Members("output_changes"),
            _ => Take::Skip,
        }
    }

    fn take(&mut self, element: &Element<'_>) -> Result<(), Error> {
        match element.section {
            "format_version" => self.format_version = text(element)?,
            "terraform_version" => self.engine_version = text(element)?,
            "applyable" => self.applyable = element.parse()?,
            "errored" => self.errored = element.parse::<Option<bool>>()?.unwrap_or(false),
            "resource_changes" => self.resource_change(element)?,
            "resource_drift" => self.drift(element)?,
            "output_changes" => self.output_change(element)?,
            _ => {
                element.parse::<IgnoredAny>()?;
                self.has_invocation = true;
            }
        }
        Ok(())
    }
}

fn read_change(element: &Element<'_>) -> Result<(ResourceChange, Change, Action), Error> {
    let Object(mut resource): Object<ResourceChange> = element.parse()?;
    let change = resource.change.take().ok_or_else(|| element.refuse("it has no change"))?;
    let action = change.action.ok_or_else(|| element.refuse("it has no actions"))?;
    Ok((resource, change, action))
}

fn text(element: &Element<'_>) -> Result<Option<String>, Error> {
    let text: Option<Text<'_>> = element.parse()?;
    Ok(text.map(|text| String::from_utf8_lossy(&text.0).into_owned()))
}
