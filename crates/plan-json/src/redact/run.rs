//! From a plan and the schemas of its providers to the document that may be shown.

use std::io::{Read, Seek, SeekFrom, Write};

use super::{
    gather::{Gathered, gather},
    placeholder::Placeholders,
    prune::Prune,
    rules::{Known, Rules},
    schemas::Schemas,
    sink::Sink,
    value::Writer,
    write::Sections,
};
use crate::{Error, secrets::Matcher, splitter::split};

/// What was done to a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Redaction {
    /// The plan has more secrets than can be looked for, so every value is hidden.
    pub is_withheld: bool,
    /// The secrets that were found in the plan and looked for in all of it.
    pub secrets: u64,
    /// The values that were hidden because they are marked, or because their mask is missing or has another shape.
    pub hidden: u64,
    /// The places in other values where a known secret stood.
    pub scrubbed: u64,
    /// The types whose schema is not in the schemas. A client shows their changes without attributes.
    pub missing_schemas: u64,
    /// The length of the document.
    pub size_bytes: u64,
}

/// Writes the redacted form of a plan: the document that clients render (contract 3.7), with the schemas of the types
/// that it has, and without anything that is sensitive.
///
/// `plan` is the output of `show -json`, read twice; `schemas` that of `providers schema -json` of the same run, read
/// twice, too. Both are read from their beginning. What is sensitive: what the plan's masks, the schemas and the
/// configuration mark, what is `known`, and each occurrence of such a value elsewhere, if it has six bytes or more.
/// A value whose mask is missing or has another shape is hidden. Equal secrets get equal placeholders. With more than
/// 20,000 secrets every value is hidden.
///
/// Memory: some 4 MB, and up to 64 MiB with the largest elements (32 MiB) and the most secrets.
///
/// # Errors
///
/// Says where a document is not JSON or not what it should be, or what could not be read or written. The output then
/// holds a part of a document: **it must be discarded**. Nothing in it is unredacted.
pub fn redact<P: Read + Seek, S: Read + Seek, W: Write>(
    plan: P,
    schemas: Option<S>,
    known: &Known,
    output: W,
) -> Result<Redaction, Error> {
    redact_with(Rules::ALL, plan, schemas, known, output)
}

/// The same with some rules turned off, which shows that each is needed. Not for use.
#[doc(hidden)]
pub fn redact_with<P: Read + Seek, S: Read + Seek, W: Write>(
    rules: Rules,
    mut plan: P,
    mut schemas: Option<S>,
    known: &Known,
    output: W,
) -> Result<Redaction, Error> {
    let of_schemas = |error| Error::Schemas(Box::new(error));
    let hidden = match &mut schemas {
        None => Schemas::none(),
        Some(document) => {
            rewind(document).and_then(|()| Schemas::read(&mut *document)).map_err(of_schemas)?
        }
    };
    rewind(&mut plan)?;
    let Gathered { found, types, declarations, format_version } = gather(&mut plan, &hidden, known, rules)?;
    let secrets = found.len() as u64;
    let (forms, is_withheld) = found.into_forms(&known.forms);
    let mut writer = Writer {
        sink: Sink::new(output),
        matcher: Matcher::new(forms).ok_or(Error::TooManySecrets)?,
        placeholders: Placeholders::new(),
        names: &hidden.names,
        rules,
        hidden: 0,
        scrubs: 0,
    };
    writer.sink.put(b"{\"plan_format_version\":");
    let format_version = writer.scrubbed(format_version.as_bytes());
    writer.sink.put_text(&format_version);
    rewind(&mut plan)?;
    let mut sections = Sections {
        writer: &mut writer,
        schemas: &hidden,
        declarations: &declarations,
        is_withheld,
        is_written: Default::default(),
        open: None,
    };
    split(&mut plan, &mut sections)?;
    sections.finish();
    writer.sink.put(b",\"provider_format_version\":");
    writer.sink.put_text(&hidden.format_version);
    writer.sink.put(b",\"provider_schemas\":{");
    let mut prune = Prune::new(&mut writer, &types);
    if let Some(document) = &mut schemas {
        rewind(document).and_then(|()| split(document, &mut prune)).map_err(of_schemas)?;
    }
    let missing_schemas = prune.finish();
    writer.sink.put(b"}}");
    let (hidden, scrubbed) = (writer.hidden, writer.scrubs);
    let size_bytes = writer.sink.finish().map_err(Error::Write)?;
    Ok(Redaction { is_withheld, secrets, hidden, scrubbed, missing_schemas, size_bytes })
}

fn rewind(document: &mut impl Seek) -> Result<(), Error> {
    document.seek(SeekFrom::Start(0)).map_err(Error::Read)?;
    Ok(())
}
