//! Where secrets are planted, and what marks them.

use serde_json::{Value, json};
use terrane_plan_json::{Known, SecretForms};

use super::{
    dice::Dice,
    plans::{list, object, resource},
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
}

const SIDES: [[&str; 2]; 2] = [["before", "before_sensitive"], ["after", "after_sensitive"]];

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
pub(super) fn masked(owner: &mut Value, [side, mask]: [&str; 2], secret: &Value, dice: &mut Dice) {
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
