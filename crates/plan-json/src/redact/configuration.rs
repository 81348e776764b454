//! What a plan's configuration declares as sensitive, and the secrets that it spells out.

use std::collections::{HashMap, HashSet};

use super::{found::Found, schemas::Schemas};
use crate::cursor::{Fault, each_item, each_member, fields, text};

/// Beyond these a plan's variables and outputs all count as sensitive.
const DECLARATIONS_MAX: usize = 20_000;

/// What the root module declares.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// The variables that are not sensitive: one that is not declared is not known to be harmless.
    harmless: HashSet<Box<[u8]>>,
    sensitive_outputs: HashSet<Box<[u8]>>,
    is_over: bool,
}

impl Declarations {
    pub(crate) fn is_sensitive_variable(&self, name: &str) -> bool {
        !self.harmless.contains(name.as_bytes())
    }

    pub(crate) fn is_sensitive_output(&self, name: &str) -> bool {
        self.is_over || self.sensitive_outputs.contains(name.as_bytes())
    }

    /// Reads the plan's `configuration`.
    pub(crate) fn read(&mut self, json: &[u8], schemas: &Schemas, found: &mut Found) -> Result<(), Fault> {
        let [providers, root] = fields(json, &["provider_config", "root_module"])?;
        let mut sources: HashMap<Vec<u8>, String> = HashMap::new();
        if let Some(providers) = providers {
            each_member(providers, |_, key, json| {
                let [name, expressions] = fields(json, &["full_name", "expressions"])?;
                let Some(name) = name else { return Ok(()) };
                let name = String::from_utf8_lossy(&text(name)?).into_owned();
                if let (Some(hidden), Some(expressions)) = (schemas.provider(&name), expressions) {
                    found.expressions(expressions, hidden)?;
                }
                if sources.len() < DECLARATIONS_MAX {
                    sources.insert(key.to_vec(), name);
                }
                Ok::<_, Fault>(())
            })?;
        }
        let Some(root) = root else { return Ok(()) };
        let [variables, outputs] = fields(root, &["variables", "outputs"])?;
        if let Some(variables) = variables {
            each_member(variables, |_, name, json| {
                if !is_sensitive(json)? && self.harmless.len() < DECLARATIONS_MAX {
                    self.harmless.insert(name.into());
                }
                Ok::<_, Fault>(())
            })?;
        }
        if let Some(outputs) = outputs {
            each_member(outputs, |_, name, json| {
                if is_sensitive(json)? {
                    self.is_over |= self.sensitive_outputs.len() >= DECLARATIONS_MAX;
                    if !self.is_over {
                        self.sensitive_outputs.insert(name.into());
                    }
                }
                Ok::<_, Fault>(())
            })?;
        }
        Module { schemas, sources: &sources, found }.read(root)
    }
}

/// Declared `sensitive` or `ephemeral`.
fn is_sensitive(declaration: &[u8]) -> Result<bool, Fault> {
    let flags = fields(declaration, &["sensitive", "ephemeral"])?;
    Ok(flags.iter().flatten().any(|flag| !matches!(*flag, b"false" | b"null")))
}

/// Reads a module of the configuration for the secrets that it spells out.
struct Module<'a> {
    schemas: &'a Schemas,
    /// The provider that each provider configuration is one of.
    sources: &'a HashMap<Vec<u8>, String>,
    found: &'a mut Found,
}

impl Module<'_> {
    fn read(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [variables, outputs, resources, calls] =
            fields(json, &["variables", "outputs", "resources", "module_calls"])?;
        if let Some(variables) = variables {
            each_member(variables, |_, _, json| match (is_sensitive(json)?, fields(json, &["default"])?) {
                (true, [Some(default)]) => self.found.whole(default),
                _ => Ok(()),
            })?;
        }
        if let Some(outputs) = outputs {
            each_member(outputs, |_, _, json| match (is_sensitive(json)?, fields(json, &["expression"])?) {
                (true, [Some(expression)]) => self.constant(expression),
                _ => Ok(()),
            })?;
        }
        if let Some(resources) = resources {
            each_item(resources, |resource| self.resource(resource))?;
        }
        if let Some(calls) = calls {
            each_member(calls, |_, _, call| self.call(call))?;
        }
        Ok(())
    }

    fn constant(&mut self, expression: &[u8]) -> Result<(), Fault> {
        match fields(expression, &["constant_value"])? {
            [Some(constant)] => self.found.whole(constant),
            [None] => Ok(()),
        }
    }

    fn resource(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [mode, kind, provider, expressions] =
            fields(json, &["mode", "type", "provider_config_key", "expressions"])?;
        let (Some(kind), Some(provider), Some(expressions)) = (kind, provider, expressions) else {
            return Ok(());
        };
        let Some(provider) = self.sources.get(&*text(provider)?) else { return Ok(()) };
        let is_data = mode == Some(b"\"data\"");
        match self.schemas.hidden(provider, is_data.into(), &String::from_utf8_lossy(&text(kind)?)) {
            Some(hidden) => self.found.expressions(expressions, hidden),
            None => Ok(()),
        }
    }

    fn call(&mut self, json: &[u8]) -> Result<(), Fault> {
        let [expressions, module] = fields(json, &["expressions", "module"])?;
        let Some(module) = module else { return Ok(()) };
        if let (Some(expressions), [Some(variables)]) = (expressions, fields(module, &["variables"])?) {
            let mut sensitive = HashSet::new();
            each_member(variables, |_, name, json| {
                if is_sensitive(json)? {
                    sensitive.insert(name.to_vec());
                }
                Ok::<_, Fault>(())
            })?;
            each_member(expressions, |_, name, expression| {
                if sensitive.contains(name) { self.constant(expression) } else { Ok(()) }
            })?;
        }
        self.read(module)
    }
}
