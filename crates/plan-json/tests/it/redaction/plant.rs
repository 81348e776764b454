//! Where secrets are planted, and what marks them.

use serde_json::{Value, json};
use terrane_plan_json::{Known, SecretForms};

use super::{
    dice::Dice,
    plans::{at, list, object, resource},
};

/// What marks a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    ResourceMask,
    DriftMask,
    DeferredMask,
    ActionMask,
    OutputMask,
    IdentityMask,
    PlannedMask,
    PriorMask,
    ChildModuleMask,
    PlannedOutput,
    DeclaredOutput,
    DeclaredVariable,
    EphemeralVariable,
    UndeclaredVariable,
    NamedVariable,
    KnownValue,
    KnownExpression,
    VariableDefault,
    ModuleDefault,
    ModuleArgument,
    SchemaAttribute,
    SchemaWriteOnly,
    SchemaNestedType,
    SchemaBlock,
    SchemaPrior,
    SchemaExpression,
    ProviderExpression,
    MaskedMapKey,
    MaskedInnerJson,
    MaskedNumber,
    MissingMask,
    MisfitMask,
}

pub(super) const PLACES: [Place; 32] = [
    Place::ResourceMask,
    Place::DriftMask,
    Place::DeferredMask,
    Place::ActionMask,
    Place::OutputMask,
    Place::IdentityMask,
    Place::PlannedMask,
    Place::PriorMask,
    Place::ChildModuleMask,
    Place::PlannedOutput,
    Place::DeclaredOutput,
    Place::DeclaredVariable,
    Place::EphemeralVariable,
    Place::UndeclaredVariable,
    Place::NamedVariable,
    Place::KnownValue,
    Place::KnownExpression,
    Place::VariableDefault,
    Place::ModuleDefault,
    Place::ModuleArgument,
    Place::SchemaAttribute,
    Place::SchemaWriteOnly,
    Place::SchemaNestedType,
    Place::SchemaBlock,
    Place::SchemaPrior,
    Place::SchemaExpression,
    Place::ProviderExpression,
    Place::MaskedMapKey,
    Place::MaskedInnerJson,
    Place::MaskedNumber,
    Place::MissingMask,
    Place::MisfitMask,
];

/// The provider of everything that a schema marks.
pub(super) const PROVIDER: &str = "registry.example.org/x/planted";

/// A plan with secrets in it.
pub(super) struct Case {
    pub(super) plan: Value,
    pub(super) schemas: Value,
    pub(super) known: Known,
    pub(super) forms: SecretForms,
    /// What must not be found.
    pub(super) secrets: Vec<String>,
}

impl Case {
    pub(super) fn new(plan: Value) -> Self {
        let schemas = json!({"format_version": "1.0", "provider_schemas": {}});
        let (known, forms) = (Known::default(), SecretForms::default());
        Self { plan, schemas, known, forms, secrets: Vec::new() }
    }

    /// Plants a secret; `false` where only its own place hides it and it is not known anywhere else.
    pub(super) fn plant(&mut self, place: Place, dice: &mut Dice) -> bool {
        let secret = match place {
            Place::MaskedNumber => (1_000_000_000 + dice.below(8_000_000_000)).to_string(),
            Place::KnownExpression | Place::MaskedMapKey => format!("{}7", dice.word(12)),
            _ => dice.secret(),
        };
        self.secrets.push(secret.clone());
        match place {
            Place::ResourceMask | Place::DriftMask | Place::DeferredMask => {
                self.in_change(place, &json!(secret), dice);
            }
            Place::MaskedNumber => {
                let number: u64 = secret.parse().unwrap();
                self.in_change(Place::ResourceMask, &json!(number), dice);
            }
            Place::MaskedInnerJson => {
                let document = json!({"user": "a", "keys": [secret]}).to_string();
                self.in_change(Place::ResourceMask, &json!(document), dice);
            }
            Place::MaskedMapKey => {
                let map = json!({secret: dice.word(6)});
                self.in_change(Place::ResourceMask, &map, dice);
            }
            Place::ActionMask => {
                let action = last(&mut self.plan["action_invocations"]);
                masked(action, ["config_values", "config_sensitive"], &json!(secret), dice);
            }
            Place::OutputMask => {
                let change = &mut self.plan["output_changes"]["made_up"];
                masked(change, dice.pick(&SIDES), &json!(secret), dice);
            }
            Place::IdentityMask => {
                let change = &mut last(&mut self.plan["resource_changes"])["change"];
                masked(change, ["after_identity", "after_identity_sensitive"], &json!(secret), dice);
            }
            Place::MissingMask | Place::MisfitMask => {
                self.without_mask(place, &json!(secret), dice);
                return false;
            }
            _ => self.elsewhere(place, &secret, dice),
        }
        true
    }

    /// In a change of the plan, marked at its place or around it.
    fn in_change(&mut self, place: Place, secret: &Value, dice: &mut Dice) {
        let section = match place {
            Place::DriftMask => "resource_drift",
            Place::DeferredMask => "deferred_changes",
            _ => "resource_changes",
        };
        let changes = self.plan[section].as_array_mut().unwrap();
        let chosen = dice.below(changes.len());
        let mut element = &mut changes[chosen];
        if place == Place::DeferredMask {
            element = &mut element["resource_change"];
        }
        masked(&mut element["change"], dice.pick(&SIDES), secret, dice);
    }

    /// Where the mask is lost, or has become another one's.
    fn without_mask(&mut self, place: Place, secret: &Value, dice: &mut Dice) {
        // One of its own: no other secret loses its mark.
        list(&mut self.plan["resource_changes"]).push(resource(dice));
        let change = &mut last(&mut self.plan["resource_changes"])["change"];
        let [side, mask] = dice.pick(&SIDES);
        put(change, side, secret, dice);
        if place == Place::MissingMask {
            change.as_object_mut().unwrap().shift_remove(mask);
            return;
        }
        change[mask] = match dice.below(5) {
            0 => json!([]),
            1 => json!("true"),
            2 => json!(1),
            3 => {
                change[side]["text"] = json!("x");
                json!({"text": {"a": true}})
            }
            _ => json!([[{"a": true}]]),
        };
        if dice.chance(30) && change[mask].is_array() {
            change[side] = json!([change[side], 1]);
            change[mask] =
                dice.pick(&[json!([false]), json!([false, false, true]), json!({})].each_ref()).clone();
        }
    }

    fn elsewhere(&mut self, place: Place, secret: &str, dice: &mut Dice) {
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

const SIDES: [[&str; 2]; 2] = [["before", "before_sensitive"], ["after", "after_sensitive"]];

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

pub(super) fn last(list: &mut Value) -> &mut Value {
    list.as_array_mut().unwrap().last_mut().unwrap()
}

/// The pointers of all parts of a value, itself included.
pub(super) fn parts(value: &Value, pointer: &str, into: &mut Vec<String>) {
    into.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                parts(member, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                parts(item, &format!("{pointer}/{at}"), into);
            }
        }
        _ => {}
    }
}

/// Puts a secret at any leaf, or beside the others; says where.
fn put(owner: &mut Value, side: &str, secret: &Value, dice: &mut Dice) -> String {
    if !owner[side].is_object() && !owner[side].is_array() {
        owner[side] = json!({});
    }
    let value = &mut owner[side];
    let mut pointers = Vec::new();
    parts(value, "", &mut pointers);
    // What holds another secret stays.
    pointers.retain(|pointer| {
        let part = value.pointer(pointer).unwrap();
        let is_small = part.as_u64().is_none_or(|number| number < 1_000_000);
        !part.is_object() && !part.is_array() && is_small && part.as_str().is_none_or(|text| text.len() < 10)
    });
    if pointers.is_empty() || dice.chance(20) {
        if let Value::Array(items) = value {
            items.push(secret.clone());
            return format!("/{}", items.len() - 1);
        }
        let name = format!("planted_{}", object(value).len());
        value[&name] = secret.clone();
        return format!("/{name}");
    }
    let pointer = pointers[dice.below(pointers.len())].clone();
    *value.pointer_mut(&pointer).unwrap() = secret.clone();
    pointer
}

/// Puts a secret somewhere and marks it there, or something around it.
fn masked(owner: &mut Value, [side, mask]: [&str; 2], secret: &Value, dice: &mut Dice) {
    let pointer = put(owner, side, secret, dice);
    let mut keys: Vec<&str> = pointer.split('/').skip(1).collect();
    if !secret.is_object() || dice.chance(50) {
        keys.truncate(keys.len() - if dice.chance(30) { dice.below(keys.len() + 1) } else { 0 });
    }
    let (mut value, mut marks) = (owner[side].clone(), &mut owner[mask]);
    for key in keys {
        if *marks == json!(true) {
            return;
        }
        let key = key.replace("~1", "/").replace("~0", "~");
        if let Value::Array(items) = &value {
            let marked = list(marks);
            marked.resize(items.len(), json!(false));
            let at: usize = key.parse().unwrap();
            let item = items[at].clone();
            marks = &mut marked[at];
            value = item;
        } else {
            let member = value[&key].clone();
            marks = object(marks).entry(key).or_insert(json!(false));
            value = member;
        }
    }
    *marks = json!(true);
}
