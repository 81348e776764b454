//! Writes the elements of a plan's sections: what is known of each, redacted, and nothing else.

use std::io::Write;

use super::{
    hidden::Hidden,
    mask::{Mask, Masked},
    value::Writer,
};
use crate::cursor::{Cursor, Fault, Kind, each_item, fields, text};

pub(crate) const RESOURCE: [&str; 11] = [
    "address",
    "previous_address",
    "module_address",
    "mode",
    "type",
    "name",
    "index",
    "provider_name",
    "deposed",
    "change",
    "action_reason",
];
const ACTION: [&str; 6] =
    ["address", "type", "name", "provider_name", "lifecycle_action_trigger", "invoke_action_trigger"];
const ACTION_VALUES: [&str; 3] = ["config_values", "config_sensitive", "config_unknown"];
const CHANGE: [&str; 13] = [
    "actions",
    "before",
    "before_sensitive",
    "after",
    "after_sensitive",
    "after_unknown",
    "replace_paths",
    "importing",
    "generated_config",
    "before_identity",
    "before_identity_sensitive",
    "after_identity",
    "after_identity_sensitive",
];
/// Words of the engines: no value of a plan, whatever secret happens to read like one.
const WORDS: [&str; 11] = [
    r#""managed""#,
    r#""data""#,
    r#""no-op""#,
    r#""create""#,
    r#""read""#,
    r#""update""#,
    r#""delete""#,
    r#""forget""#,
    r#""open""#,
    r#""renew""#,
    r#""close""#,
];

/// How the values of a section are treated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Treatment<'a> {
    /// What the schema hides.
    pub(crate) hidden: Option<&'a Hidden>,
    /// Everything is hidden, in the whole document.
    pub(crate) is_withheld: bool,
    /// Its values are sensitive as a whole.
    pub(crate) is_hidden: bool,
    /// Its marks count.
    pub(crate) with_marks: bool,
}

impl<W: Write> Writer<'_, W> {
    /// Writes a resource's change, from its parts.
    pub(crate) fn resource(
        &mut self,
        parts: [Option<&[u8]>; RESOURCE.len()],
        treatment: Treatment<'_>,
    ) -> Result<(), Fault> {
        let mut object = ObjectStart::new();
        for (name, part) in RESOURCE.iter().zip(parts) {
            let Some(part) = part else { continue };
            object.key(self, name);
            match *name {
                "change" => self.change(part, treatment)?,
                name => self.structure(name, part, treatment.is_withheld)?,
            }
        }
        object.end(self);
        Ok(())
    }

    /// Writes an action that is invoked.
    pub(crate) fn action(&mut self, json: &[u8], treatment: Treatment<'_>) -> Result<(), Fault> {
        let mut object = ObjectStart::new();
        for (name, part) in ACTION.iter().zip(fields(json, &ACTION)?) {
            let Some(part) = part else { continue };
            object.key(self, name);
            match (*name, treatment.is_withheld) {
                ("lifecycle_action_trigger" | "invoke_action_trigger", true) => self.hide(part)?,
                (name, is_withheld) => self.structure(name, part, is_withheld)?,
            }
        }
        let [values, mask, unknown] = fields(json, &ACTION_VALUES)?;
        if let Some(unknown) = unknown {
            object.key(self, "config_unknown");
            self.unknown(unknown, treatment)?;
        }
        if let Some(values) = values {
            self.masked(&mut object, ["config_values", "config_sensitive"], values, mask, treatment)?;
        }
        object.end(self);
        Ok(())
    }

    /// Writes what is planned for a resource or an output.
    pub(crate) fn change(&mut self, json: &[u8], treatment: Treatment<'_>) -> Result<(), Fault> {
        let parts = fields(json, &CHANGE)?;
        let [actions, before, before_mask, after, after_mask, unknown, paths, parts @ ..] = parts;
        let [
            importing,
            generated,
            before_identity,
            before_identity_mask,
            after_identity,
            after_identity_mask,
        ] = parts;
        let mut object = ObjectStart::new();
        if let Some(actions) = actions {
            object.key(self, "actions");
            self.actions(actions)?;
        }
        let before = before.unwrap_or(b"null");
        self.masked(&mut object, ["before", "before_sensitive"], before, before_mask, treatment)?;
        let after = after.unwrap_or(b"null");
        self.masked(&mut object, ["after", "after_sensitive"], after, after_mask, treatment)?;
        if let Some(unknown) = unknown {
            object.key(self, "after_unknown");
            self.unknown(unknown, treatment)?;
        }
        if let Some(paths) = paths {
            object.key(self, "replace_paths");
            if treatment.is_withheld { self.sink.put(b"[]") } else { self.unmarked(paths)? }
        }
        for (name, part) in [("importing", importing), ("generated_config", generated)] {
            let Some(part) = part else { continue };
            object.key(self, name);
            self.text_or_hidden(part, treatment.is_withheld)?;
        }
        let names = ["before_identity", "before_identity_sensitive"];
        self.identity(&mut object, names, [before_identity, before_identity_mask], treatment)?;
        let names = ["after_identity", "after_identity_sensitive"];
        self.identity(&mut object, names, [after_identity, after_identity_mask], treatment)?;
        object.end(self);
        Ok(())
    }

    /// What an object is known by. It has a mask only where an engine gives it one.
    fn identity(
        &mut self,
        object: &mut ObjectStart,
        names: [&'static str; 2],
        [value, mask]: [Option<&[u8]>; 2],
        treatment: Treatment<'_>,
    ) -> Result<(), Fault> {
        let Some(value) = value else { return Ok(()) };
        if mask.is_some() {
            return self.masked(object, names, value, mask, Treatment { hidden: None, ..treatment });
        }
        object.key(self, names[0]);
        self.text_or_hidden(value, treatment.is_withheld)
    }

    /// Writes a value and then its mask, which says in the end what is hidden.
    fn masked(
        &mut self,
        object: &mut ObjectStart,
        names: [&'static str; 2],
        value: &[u8],
        engines: Option<&[u8]>,
        treatment: Treatment<'_>,
    ) -> Result<(), Fault> {
        object.key(self, names[0]);
        let everything = (Mask::All, true);
        let (mut mask, mut is_more) = match Masked::of(value, engines, treatment.hidden)? {
            _ if value == b"null" && engines.is_none_or(|mask| mask == b"null") => (Mask::Nothing, true),
            _ if treatment.is_withheld || treatment.is_hidden => everything,
            _ if !treatment.with_marks => (Mask::Nothing, false),
            Masked::Fits { mask, is_more } => (mask, is_more),
            Masked::Missing | Masked::Misfit if self.rules.fail_closed => everything,
            Masked::Missing | Masked::Misfit => (Mask::Nothing, false),
        };
        let before = mask.clone();
        self.value(value, &mut mask)?;
        is_more |= mask != before;
        object.key(self, names[1]);
        match engines {
            Some(engines) if !is_more && !self.has_secret(engines)? => self.sink.put(engines),
            _ if !is_more => self.mask(&before),
            _ => self.mask(&mask),
        }
        Ok(())
    }

    fn unknown(&mut self, json: &[u8], treatment: Treatment<'_>) -> Result<(), Fault> {
        match (treatment.is_withheld, json) {
            // Its keys may be those of a map.
            (true, [b'{', ..]) => self.sink.put(b"{}"),
            (true, [b'[', ..]) => self.sink.put(b"[]"),
            _ => self.unmarked(json)?,
        }
        Ok(())
    }

    /// Writes what says which object it is.
    pub(crate) fn structure(&mut self, name: &str, json: &[u8], is_withheld: bool) -> Result<(), Fault> {
        match name {
            "mode" if is_word(json) => self.sink.put(json),
            "type" | "provider_name" => self.name(json)?,
            "index" => self.text_or_hidden(json, is_withheld)?,
            "address" | "previous_address" | "module_address" if is_withheld => {
                let address = text(json)?;
                let address = without_instances(&String::from_utf8_lossy(&address));
                let address = self.scrubbed(address.as_bytes());
                self.sink.put_text(&address);
            }
            _ => self.unmarked(json)?,
        }
        Ok(())
    }

    fn text_or_hidden(&mut self, json: &[u8], is_withheld: bool) -> Result<(), Fault> {
        if is_withheld { self.hide(json) } else { self.unmarked(json) }
    }

    fn actions(&mut self, json: &[u8]) -> Result<(), Fault> {
        let mut are_words = Cursor::new(json).kind()? == Kind::Array;
        each_item(json, |action| {
            are_words &= is_word(action);
            Ok(())
        })?;
        if are_words {
            self.sink.put(json);
            return Ok(());
        }
        self.unmarked(json)
    }
}

fn is_word(json: &[u8]) -> bool {
    WORDS.iter().any(|word| word.as_bytes() == json)
}

/// An address without the keys of its instances, which may be values.
fn without_instances(address: &str) -> String {
    let mut kept = String::new();
    let mut rest = address;
    while let Some(start) = rest.find('[') {
        kept.push_str(&rest[..start]);
        let inside = &rest[start..];
        let end = if inside.starts_with("[\"") {
            string_key_end(inside)
        } else {
            inside.find(']').map_or(inside.len(), |end| end + 1)
        };
        kept.push_str("[(sensitive value)]");
        rest = &inside[end..];
    }
    kept + rest
}

/// The end of `["…"]`, where the text may hold brackets and escaped quotes.
fn string_key_end(key: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in key.bytes().enumerate().skip(2) {
        if byte == b'"' && !is_escaped {
            return key[at..].find(']').map_or(key.len(), |end| at + end + 1);
        }
        is_escaped = byte == b'\\' && !is_escaped;
    }
    key.len()
}

/// An object that is being written.
pub(crate) struct ObjectStart {
    is_first: bool,
}

impl ObjectStart {
    pub(crate) fn new() -> Self {
        Self { is_first: true }
    }

    pub(crate) fn key<W: Write>(&mut self, writer: &mut Writer<'_, W>, name: &str) {
        writer.sink.put(if self.is_first { b"{\"" } else { b",\"" });
        writer.sink.put(name.as_bytes());
        writer.sink.put(b"\":");
        self.is_first = false;
    }

    pub(crate) fn end<W: Write>(self, writer: &mut Writer<'_, W>) {
        writer.sink.put(if self.is_first { b"{}" } else { b"}" });
    }
}
