//! The shape of a state file, formats 3 and 4.

use super::types::{self, Type};
use super::{ContentsError, Instance, Output, ResourceSummary};
use crate::platform::objects::hex;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Read};

/// What is read of a file; all else is passed over.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) version: i64,
    #[serde(default)]
    pub(super) serial: Option<i64>,
    #[serde(default)]
    pub(super) lineage: Option<String>,
    #[serde(default)]
    pub(super) terraform_version: Option<String>,
    #[serde(default)]
    outputs: Option<BTreeMap<String, OutputShape>>,
    #[serde(default)]
    resources: Option<Vec<ResourceShape>>,
    /// Format 3.
    #[serde(default)]
    modules: Option<Vec<ModuleShape>>,
}

#[derive(Deserialize)]
struct OutputShape {
    #[serde(default)]
    value: Option<Box<RawValue>>,
    #[serde(default, rename = "type")]
    kind: Option<Box<RawValue>>,
    #[serde(default)]
    sensitive: Option<bool>,
}

#[derive(Deserialize)]
struct ResourceShape {
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    instances: Instances,
}

#[derive(Deserialize)]
struct ModuleShape {
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    outputs: Option<BTreeMap<String, OutputShape>>,
    #[serde(default)]
    resources: Option<BTreeMap<String, OldResourceShape>>,
}

#[derive(Deserialize)]
struct OldResourceShape {
    #[serde(default)]
    provider: Option<String>,
}

/// A list of which indexes and digests are kept.
#[derive(Default)]
struct Instances(Vec<Instance>);

#[derive(Deserialize)]
struct InstanceShape {
    #[serde(default)]
    index_key: Value,
}

/// Digits of a digest: enough to tell two contents of one instance apart.
const DIGEST_BYTES: usize = 8;

impl Instance {
    fn read(json: &str) -> Self {
        let index = serde_json::from_str(json).map_or(Value::Null, |shape: InstanceShape| shape.index_key);
        Self(index, hex(&Sha256::digest(json)[..DIGEST_BYTES]))
    }
}

impl<'de> Deserialize<'de> for Instances {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InstancesVisitor)
    }
}

struct InstancesVisitor;

impl<'de> Visitor<'de> for InstancesVisitor {
    type Value = Instances;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Instances, E> {
        Ok(Instances::default())
    }

    /// One instance at a time: a large one is not kept.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Instances, A::Error> {
        let mut instances = Vec::new();
        while let Some(json) = items.next_element::<Box<RawValue>>()? {
            instances.push(Instance::read(json.get()));
        }
        Ok(Instances(instances))
    }
}

impl File {
    pub(super) fn read(state: impl Read) -> Result<Self, ContentsError> {
        let mut reader = serde_json::Deserializer::from_reader(BufReader::new(state));
        let file = Self::deserialize(&mut reader)?;
        reader.end()?;
        Ok(file)
    }

    /// The instances of each resource, as [`File::parts`] orders these; of managed ones, and not more than `most`.
    /// Format 3 tells an instance's index and nothing by which a change is seen.
    pub(super) fn instances(&self, most: usize) -> Vec<Vec<Instance>> {
        let mut left = most;
        let mut all = Vec::new();
        for resource in self.resources.iter().flatten() {
            let is_managed = resource.mode.as_deref() != Some("data");
            let listed = resource.instances.0.iter().filter(|_| is_managed).take(left).cloned();
            all.push(listed.collect::<Vec<_>>());
            left -= all.last().map_or(0, Vec::len);
        }
        let old = self.modules.iter().flatten().flat_map(ModuleShape::instances);
        for mut instances in old {
            instances.truncate(left);
            left -= instances.len();
            all.push(instances);
        }
        all
    }

    /// The resources and the root module's outputs, in either format.
    pub(super) fn parts(&self) -> (Vec<ResourceSummary>, Vec<Output>) {
        let modules = self.modules.as_deref().unwrap_or_default();
        let is_root = |module: &&ModuleShape| module.path.len() <= 1;
        let old_outputs = modules.iter().find(is_root).and_then(|module| module.outputs.as_ref());
        let mut resources: Vec<_> = self.resources.iter().flatten().map(ResourceShape::summary).collect();
        modules.iter().for_each(|module| module.add_to(&mut resources));
        let outputs = self.outputs.as_ref().or(old_outputs);
        (resources, outputs.into_iter().flatten().map(|(name, shape)| shape.output(name)).collect())
    }
}

impl ResourceShape {
    fn summary(&self) -> ResourceSummary {
        let kind = match self.mode.as_deref() {
            Some("data") => format!("data.{}", self.kind),
            _ => self.kind.clone(),
        };
        ResourceSummary {
            name: self.name.clone(),
            kind,
            count: self.instances.0.len() as u64,
            module: module_name(self.module.as_deref()),
            provider: self.provider.clone().unwrap_or_default(),
        }
    }
}

fn module_name(address: Option<&str>) -> String {
    address.filter(|address| !address.is_empty()).unwrap_or("root").to_owned()
}

impl ModuleShape {
    /// In the order in which [`ModuleShape::add_to`] meets their resources.
    fn instances(&self) -> Vec<Vec<Instance>> {
        let mut all: Vec<((String, String), Vec<Instance>)> = Vec::new();
        for old in self.resources.iter().flatten().filter_map(|(key, _)| OldKey::parse(key)) {
            let index = old.index.map_or(Value::Null, |index| {
                index.parse::<u64>().map_or_else(|_| Value::from(index), Value::from)
            });
            let instance = (!old.kind.starts_with("data.")).then(|| Instance(index, String::new()));
            let key = (old.kind, old.name.to_owned());
            match all.iter_mut().find(|(other, _)| *other == key) {
                Some((_, instances)) => instances.extend(instance),
                None => all.push((key, instance.into_iter().collect())),
            }
        }
        all.into_iter().map(|(_, instances)| instances).collect()
    }

    /// Instances of one resource stand one by one in format 3.
    fn add_to(&self, resources: &mut Vec<ResourceSummary>) {
        let module = module_name(Some(&old_module(&self.path)));
        let first = resources.len();
        for (key, shape) in self.resources.iter().flatten() {
            let Some(old) = OldKey::parse(key) else { continue };
            match resources[first..].iter_mut().find(|one| one.kind == old.kind && one.name == old.name) {
                Some(known) => known.count += 1,
                None => resources.push(ResourceSummary {
                    name: old.name.to_owned(),
                    kind: old.kind,
                    count: 1,
                    module: module.clone(),
                    provider: shape.provider.clone().unwrap_or_default(),
                }),
            }
        }
    }
}

/// The address of a module of format 3; empty for the root.
pub(super) fn old_module(path: &[String]) -> String {
    path.iter().skip(1).map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".")
}

/// `aws_instance.web.0` or `data.aws_ami.this`: how format 3 names an instance.
pub(super) struct OldKey<'a> {
    pub(super) kind: String,
    pub(super) name: &'a str,
    pub(super) index: Option<&'a str>,
}

impl<'a> OldKey<'a> {
    pub(super) fn parse(key: &'a str) -> Option<Self> {
        let (prefix, rest) = match key.strip_prefix("data.") {
            Some(rest) => ("data.", rest),
            None => ("", key),
        };
        let (kind, rest) = rest.split_once('.')?;
        let (name, index) = match rest.split_once('.') {
            Some((name, index)) => (name, Some(index)),
            None => (rest, None),
        };
        Some(Self { kind: format!("{prefix}{kind}"), name, index })
    }
}

impl OutputShape {
    fn output(&self, name: &str) -> Output {
        let value = self.value.as_deref().map_or("null", RawValue::get).to_owned();
        let Type { kind, detailed } = types::of(self.kind.as_deref().map(RawValue::get), &value);
        Output {
            name: name.to_owned(),
            sensitive: self.sensitive.unwrap_or(false),
            kind,
            detailed_type: detailed,
            value,
        }
    }
}
