//! Secrets that a declaration, a state or a schema marks, and not the mask of a change.

use serde_json::{Value, json};

use super::{
    dice::Dice,
    plans::{at, list, object},
    plant::{Case, Place, last, masked},
};

/// The provider of everything that a schema marks.
pub(super) const PROVIDER: &str = "registry.example.org/x/planted";

impl Case {
    /// Marked where a value is not even part of the document.
    pub(super) fn elsewhere(&mut self, place: Place, secret: &str, dice: &mut Dice) {
        let name = format!("planted_{}", self.secrets.len());
        let root = "/configuration/root_module";
        let nested = match dice.below(3) {
            0 => json!(secret),
            1 => json!({"password": secret}),
            _ => json!([{"a": [secret]}]),
        };
        let declared = |flag: &str| json!({flag: true});
        match place {
            Place::PlannedMask | Place::PriorMask | Place::ChildModuleMask => {
                let state =
                    if place == Place::PlannedMask { "/planned_values" } else { "/prior_state/values" };
                let mut module = at(&mut self.plan, &format!("{state}/root_module"));
                if place == Place::ChildModuleMask {
                    module = last(&mut last(&mut module["child_modules"])["child_modules"]);
                }
                masked(last(&mut module["resources"]), ["values", "sensitive_values"], &json!(secret), dice);
            }
            Place::PlannedOutput => {
                let state = dice.pick(&["/planned_values", "/prior_state/values"]);
                let outputs = object(at(&mut self.plan, &format!("{state}/outputs")));
                outputs.insert(name, json!({"sensitive": true, "value": nested}));
            }
            Place::DeclaredOutput => {
                object(at(&mut self.plan, &format!("{root}/outputs")))
                    .insert(name.clone(), declared("sensitive"));
                let change = json!({"actions": ["create"], "before": null, "after": nested,
                    "after_unknown": false, "before_sensitive": false, "after_sensitive": false});
                object(&mut self.plan["output_changes"]).insert(name, change);
            }
            Place::DeclaredVariable
            | Place::EphemeralVariable
            | Place::UndeclaredVariable
            | Place::NamedVariable => {
                object(&mut self.plan["variables"]).insert(name.clone(), json!({"value": nested}));
                let declaration = match place {
                    Place::DeclaredVariable => declared("sensitive"),
                    Place::EphemeralVariable => declared("ephemeral"),
                    Place::NamedVariable => {
                        self.known.add_variable(name.clone());
                        json!({"type": "string"})
                    }
                    _ => return,
                };
                object(at(&mut self.plan, &format!("{root}/variables"))).insert(name, declaration);
            }
            Place::KnownValue => self.forms.add_text(secret),
            Place::KnownExpression => self.forms.add_hcl(&format!("{{ a = [\"{secret}\"] }}")),
            Place::VariableDefault => {
                let declaration = json!({"sensitive": true, "default": nested});
                object(at(&mut self.plan, &format!("{root}/variables"))).insert(name, declaration);
            }
            Place::ModuleDefault | Place::ModuleArgument => {
                let mut call = json!({"module": {"variables": {"v": {"sensitive": true}}}});
                if place == Place::ModuleDefault {
                    call["module"]["variables"]["v"]["default"] = nested;
                } else {
                    call["expressions"] = json!({"v": {"constant_value": nested}});
                }
                if dice.chance(50) {
                    call = json!({"module": {"module_calls": {"inner": call}}});
                }
                object(at(&mut self.plan, &format!("{root}/module_calls"))).insert(name, call);
            }
            _ => self.by_schema(place, &name, secret, dice),
        }
    }

    /// Marked by the provider's schema alone.
    fn by_schema(&mut self, place: Place, name: &str, secret: &str, dice: &mut Dice) {
        let mode = dice.pick(&["list", "set", "map", "single", "group"]);
        let flag = if place == Place::SchemaWriteOnly { "write_only" } else { "sensitive" };
        let secret_attribute = json!({"secret": {"type": "string", flag: true}, "id": {"type": "string"}});
        let inner = json!({"secret": secret, "id": "x"});
        let nested = match mode {
            "list" | "set" => json!([inner.clone(), {"secret": null, "id": "y"}]),
            "map" => json!({"k": inner.clone()}),
            _ => inner.clone(),
        };
        let is_nested = matches!(place, Place::SchemaNestedType | Place::SchemaBlock) || dice.chance(30);
        let (block, values) = match place {
            Place::SchemaBlock if is_nested => {
                let block = json!({"block_types": {"outer": {"nesting_mode": mode, "block": {"attributes": secret_attribute}}}});
                (block, json!({"outer": nested}))
            }
            _ if is_nested => {
                let inner = json!({"nesting_mode": mode, "attributes": secret_attribute});
                (json!({"attributes": {"outer": {"nested_type": inner}}}), json!({"outer": nested}))
            }
            _ => (json!({"attributes": secret_attribute}), inner),
        };
        let providers = &mut self.schemas["provider_schemas"];
        if place == Place::ProviderExpression {
            let provider = format!("{PROVIDER}_{name}");
            providers[&provider]["provider"] = json!({"version": 0, "block": block});
            let expressions = expressions(&values);
            let config = json!({"name": name, "full_name": provider, "expressions": expressions});
            object(at(&mut self.plan, "/configuration/provider_config")).insert(name.to_owned(), config);
            return;
        }
        let provider = &mut providers[PROVIDER];
        let is_data = dice.chance(20);
        let section = if is_data { "data_source_schemas" } else { "resource_schemas" };
        object(&mut provider[section]).insert(name.to_owned(), json!({"version": 0, "block": block}));
        let mode = if is_data { "data" } else { "managed" };
        let mut resource = json!({"address": format!("{name}.a"), "mode": mode, "type": name, "name": "a",
            "provider_name": PROVIDER});
        match place {
            Place::SchemaPrior => {
                resource["values"] = values;
                resource["sensitive_values"] = json!({});
                list(&mut at(&mut self.plan, "/prior_state/values/root_module")["resources"]).push(resource);
            }
            Place::SchemaExpression => {
                let config = json!({"name": "planted", "full_name": PROVIDER});
                object(at(&mut self.plan, "/configuration/provider_config"))
                    .entry("planted")
                    .or_insert(config);
                resource["provider_config_key"] = json!("planted");
                resource["expressions"] = expressions(&values);
                list(&mut at(&mut self.plan, "/configuration/root_module")["resources"]).push(resource);
            }
            _ => {
                resource["change"] = json!({"actions": ["create"], "before": null, "after": values,
                    "after_unknown": {}, "before_sensitive": false, "after_sensitive": {}});
                let section = dice.pick(&["resource_changes", "resource_drift"]);
                list(&mut self.plan[section]).push(resource);
            }
        }
    }
}

/// Values as a configuration's expressions.
fn expressions(values: &Value) -> Value {
    match values {
        Value::Object(members) if members.contains_key("id") => members
            .iter()
            .map(|(key, value)| (key.clone(), json!({"constant_value": value})))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), expressions(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(expressions).collect(),
        other => other.clone(),
    }
}
