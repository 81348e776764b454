//! A made-up plan of any size, with secrets in it, and the schemas of its provider.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;

const BUFFER_BYTES: usize = 1 << 20;
/// Of so many resources one has secrets.
const SECRET_EACH: u64 = 20;
/// So many different secrets there are.
const SECRETS: u64 = 2_000;
/// A resource that only occurs in the prior state follows each one that is changed.
const ATTRIBUTES: u64 = 12;

/// The schemas of the provider.
pub(super) const SCHEMAS: &str = r#"{"format_version":"1.0","provider_schemas":{"registry.example.org/x/made":{
"provider":{"version":0,"block":{}},"resource_schemas":{"made_thing":{"version":0,"block":{"attributes":{
"enabled":{"type":"bool"},"count":{"type":"number"},"tags":{"type":["map","string"]},
"token":{"type":"string","sensitive":true}}}}}}}}"#;

/// Writes a plan of about so many bytes: resources of about 2.6 kB, half of their text digits as in real identifiers, and
/// as much again as prior state.
pub(super) fn write(path: &Path, size_bytes: u64) -> Result<()> {
    let mut plan =
        Counting { inner: BufWriter::with_capacity(BUFFER_BYTES, File::create(path)?), written: 0 };
    let mut random = 1;
    plan.put(r#"{"format_version":"1.2","terraform_version":"1.12.6","resource_changes":["#)?;
    let mut number = 0;
    while plan.written < size_bytes / 2 {
        plan.put(if number > 0 { "," } else { "" })?;
        plan.put(&format!(
            r#"{{"address":"module.a[\"k{number}\"].made_thing.b","mode":"managed","type":"made_thing","name":"b","index":"k{number}","provider_name":"registry.example.org/x/made","change":{{"actions":["update"],"before":"#
        ))?;
        plan.put(&values(number, &mut random))?;
        plan.put(r#","after":"#)?;
        plan.put(&values(number, &mut random))?;
        let mask = if number % SECRET_EACH == 0 { r#"{"tags":{"password":true}}"# } else { "{}" };
        plan.put(&format!(
            r#","after_unknown":{{"output":true}},"before_sensitive":{mask},"after_sensitive":{mask}}}}}"#
        ))?;
        number += 1;
    }
    plan.put(r#"],"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":["#)?;
    let start = number;
    while plan.written < size_bytes {
        plan.put(if number > start { "," } else { "" })?;
        plan.put(r#"{"address":"made_thing.b","mode":"managed","type":"made_thing","name":"b","provider_name":"registry.example.org/x/made","values":"#)?;
        plan.put(&values(number, &mut random))?;
        plan.put(r#","sensitive_values":{}}"#)?;
        number += 1;
    }
    plan.put("]}}},\"configuration\":{},\"errored\":false}")?;
    plan.inner.flush()?;
    Ok(())
}

/// Where one of the secrets stands, a text beside holds it, too.
fn values(number: u64, random: &mut u64) -> String {
    let mut text = String::from(r#"{"tags":{"Name":"web \"front\"","team":"platform""#);
    if number.is_multiple_of(SECRET_EACH) {
        let secret = number / SECRET_EACH % SECRETS;
        text.push_str(&format!(
            r#","password":"pw-{secret:05}-Zq7"}},"token":"tk-{secret:05}-Xw9","url":"https://u:pw-{secret:05}-Zq7@host/x""#
        ));
    } else {
        text.push('}');
    }
    text.push_str(r#","enabled":true,"count":3"#);
    for attribute in 0..ATTRIBUTES {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let id = *random;
        text.push_str(&format!(
            r#","attribute_{attribute}":"arn:aws:iam::{id:016x}:role/{:016x}","list_{attribute}":["{:x}",{attribute}]"#,
            id.rotate_left(17),
            id >> 40
        ));
    }
    text.push('}');
    text
}

struct Counting {
    inner: BufWriter<File>,
    written: u64,
}

impl Counting {
    fn put(&mut self, text: &str) -> Result<()> {
        self.inner.write_all(text.as_bytes())?;
        self.written += text.len() as u64;
        Ok(())
    }
}
