//! Where else a secret occurs, unmarked, and in which form.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{
    declared::PROVIDER,
    dice::Dice,
    plans::{list, object},
    plant::{Case, last, parts},
};

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Form {
    Plain,
    Inside,
    Base64,
    Base64Inside,
    Base64Url,
    Percent,
    PercentPlus,
    Json,
    JsonForHtml,
    Line,
}

pub(super) const FORMS: [Form; 10] = [
    Form::Plain,
    Form::Inside,
    Form::Base64,
    Form::Base64Inside,
    Form::Base64Url,
    Form::Percent,
    Form::PercentPlus,
    Form::Json,
    Form::JsonForHtml,
    Form::Line,
];

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Spot {
    Leaf,
    Attribute,
    MapKey,
    Output,
    OutputName,
    Drift,
    Address,
    Index,
    Name,
    Type,
    Provider,
    ModuleAddress,
    PreviousAddress,
    Deposed,
    GeneratedConfig,
    ImportId,
    Identity,
    UnknownKey,
    Relevant,
    ReplacePath,
    Reason,
    Trigger,
    ActionValue,
}

pub(super) const SPOTS: [Spot; 23] = [
    Spot::Leaf,
    Spot::Attribute,
    Spot::MapKey,
    Spot::Output,
    Spot::OutputName,
    Spot::Drift,
    Spot::Address,
    Spot::Index,
    Spot::Name,
    Spot::Type,
    Spot::Provider,
    Spot::ModuleAddress,
    Spot::PreviousAddress,
    Spot::Deposed,
    Spot::GeneratedConfig,
    Spot::ImportId,
    Spot::Identity,
    Spot::UnknownKey,
    Spot::Relevant,
    Spot::ReplacePath,
    Spot::Reason,
    Spot::Trigger,
    Spot::ActionValue,
];

pub(super) fn write(secret: &str, form: Form, dice: &mut Dice) -> String {
    let [before, after] = [0; 2].map(|_: i32| {
        let length = dice.below(7);
        dice.word(length)
    });
    match form {
        Form::Plain => secret.to_owned(),
        Form::Inside => format!("{before}{secret}{after}"),
        Form::Base64 => STANDARD.encode(secret),
        Form::Base64Inside => STANDARD.encode(format!("{before}{secret}{after}")),
        Form::Base64Url => URL_SAFE_NO_PAD.encode(format!("{before}{secret}{after}")),
        Form::Percent => percent(secret, "%20"),
        Form::PercentPlus => percent(secret, "+"),
        Form::Json => json!({ "inner": secret }).to_string(),
        Form::JsonForHtml => {
            let text = json!({ "inner": secret }).to_string();
            text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
        }
        // As `indent` writes it.
        Form::Line => secret.replace('\n', "\n    "),
    }
}

pub(super) fn percent(text: &str, space: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            b' ' => space.to_owned(),
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

impl Case {
    /// Puts a text somewhere in what the document takes over.
    pub(super) fn copy(&mut self, text: &str, spot: Spot, dice: &mut Dice) {
        let plan = &mut self.plan;
        let section = if dice.chance(25) { "resource_drift" } else { "resource_changes" };
        let mut resources = plan[section].as_array_mut().unwrap().iter_mut().rev();
        // What a schema marks keeps its type.
        let resource = resources.find(|resource| resource["provider_name"] != PROVIDER).unwrap();
        match spot {
            Spot::Leaf => leaf(resource, text, dice),
            Spot::Attribute => member(&mut resource["change"], "copied", &json!(text), dice),
            Spot::MapKey => member(&mut resource["change"], text, &json!("x"), dice),
            Spot::Drift => {
                let drift = last(&mut plan["resource_drift"]);
                member(&mut drift["change"], "copied", &json!({"a": [text]}), dice);
            }
            Spot::Output => {
                let change = json!({"actions": ["create"], "before": null, "after": {"a": [text, {"b": text}]},
                    "after_unknown": false, "before_sensitive": false, "after_sensitive": {}});
                object(&mut plan["output_changes"]).insert("copied".to_owned(), change);
            }
            Spot::OutputName => {
                let change = json!({"actions": ["no-op"], "before": 1, "after": 1, "after_unknown": false,
                    "before_sensitive": false, "after_sensitive": false});
                object(&mut plan["output_changes"]).insert(text.to_owned(), change);
            }
            Spot::Address => resource["address"] = json!(format!("a.b[{}]", json!(text))),
            Spot::Index => resource["index"] = json!(text),
            Spot::Name => resource["name"] = json!(text),
            Spot::Type => resource["type"] = json!(text),
            Spot::Provider => resource["provider_name"] = json!(text),
            Spot::ModuleAddress => resource["module_address"] = json!(format!("module.a[{}]", json!(text))),
            Spot::PreviousAddress => resource["previous_address"] = json!(format!("a.c[{}]", json!(text))),
            Spot::Deposed => resource["deposed"] = json!(text),
            Spot::GeneratedConfig => {
                let quoted = json!(text).to_string().replace("${", "$${").replace("%{", "%%{");
                resource["change"]["generated_config"] = json!(format!("a = {quoted}\n"));
            }
            Spot::ImportId => resource["change"]["importing"] = json!({"id": text, "identity": {"a": text}}),
            Spot::Identity => resource["change"]["before_identity"] = json!({"a": text}),
            Spot::UnknownKey => resource["change"]["after_unknown"] = json!({"tags": {text: true}}),
            Spot::Relevant => {
                list(&mut plan["relevant_attributes"])
                    .push(json!({"resource": text, "attribute": [text, 0]}));
            }
            Spot::ReplacePath => resource["change"]["replace_paths"] = json!([["tags", text]]),
            Spot::Reason => last(&mut plan["deferred_changes"])["reason"] = json!(text),
            Spot::Trigger => {
                last(&mut plan["action_invocations"])["lifecycle_action_trigger"] = json!({"address": text});
            }
            Spot::ActionValue => {
                let action = last(&mut plan["action_invocations"]);
                object(&mut action["config_values"]).insert("copied".to_owned(), json!(text));
            }
        }
    }
}

/// In the place of any leaf of a change that holds no secret.
fn leaf(resource: &mut Value, text: &str, dice: &mut Dice) {
    let side = dice.pick(&["before", "after"]);
    let value = &mut resource["change"][side];
    let mut pointers = Vec::new();
    parts(value, "", &mut pointers);
    pointers.retain(|pointer| {
        let part = value.pointer(pointer).unwrap();
        !pointer.is_empty()
            && (part.is_boolean() || part.is_null() || part.as_str().is_some_and(|text| text.len() < 10))
    });
    if pointers.is_empty() {
        return member(&mut resource["change"], "copied", &json!(text), dice);
    }
    *value.pointer_mut(&pointers[dice.below(pointers.len())]).unwrap() = json!(text);
}

/// As a member of any object in a change.
fn member(change: &mut Value, key: &str, member: &Value, dice: &mut Dice) {
    let side = dice.pick(&["before", "after"]);
    if !change[side].is_object() {
        change[side] = json!({});
    }
    let value = &mut change[side];
    let mut pointers = Vec::new();
    parts(value, "", &mut pointers);
    pointers.retain(|pointer| value.pointer(pointer).unwrap().is_object());
    let pointer = &pointers[dice.below(pointers.len())];
    value.pointer_mut(pointer).unwrap()[key] = member.clone();
}
