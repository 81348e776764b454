//! Secrets planted anywhere in any plan, and searched in its document.

use std::{
    collections::BTreeMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use memchr::memmem;
use serde_json::{Value, json};
use terrane_plan_json::{Rules, redact_with};

use super::{
    copy::{FORMS, Form, SPOTS, Spot, percent, write},
    dice::{Dice, seed},
    plans::{all_plans, complete},
    plant::{Case, PLACES, Place},
};

const CASES: u64 = 20_000;
/// A rule that is turned off is missed long before.
const CASES_WITHOUT_A_RULE: u64 = 3_000;
const THREADS: u64 = 2;

/// How often each was planted.
#[derive(Debug, Default)]
struct Planted {
    places: BTreeMap<Place, usize>,
    forms: BTreeMap<Form, usize>,
    spots: BTreeMap<Spot, usize>,
}

impl Planted {
    fn add(&mut self, other: Self) {
        for (place, count) in other.places {
            *self.places.entry(place).or_default() += count;
        }
        for (form, count) in other.forms {
            *self.forms.entry(form).or_default() += count;
        }
        for (spot, count) in other.spots {
            *self.spots.entry(spot).or_default() += count;
        }
    }
}

/// What a case shows against the redactor.
type Verdict = Result<(), String>;

fn case(plans: &[Value], dice: &mut Dice, rules: Rules, planted: &mut Planted) -> Verdict {
    let mut plan = if dice.chance(80) { plans[dice.below(plans.len())].clone() } else { json!({}) };
    plan["format_version"] = json!("1.2");
    complete(&mut plan, dice);
    let mut case = Case::new(plan);
    let mut places: Vec<Place> = (0..=dice.below(2)).map(|_| dice.pick(&PLACES)).collect();
    // Lost masks come last: nothing is marked in their place any more.
    places.sort_unstable();
    for place in places.clone() {
        let is_known = case.plant(place, dice);
        *planted.places.entry(place).or_default() += 1;
        let secret = case.secrets.last().unwrap().clone();
        for _ in 0..if is_known { 1 + dice.below(3) } else { 0 } {
            let (form, spot) = (dice.pick(&FORMS), dice.pick(&SPOTS));
            case.copy(&write(&secret, form, dice), spot, dice);
            *planted.forms.entry(form).or_default() += 1;
            *planted.spots.entry(spot).or_default() += 1;
        }
        if place == Place::MaskedNumber {
            let number: u64 = secret.parse().unwrap();
            case.plan["output_changes"]["number"] = json!({"actions": ["delete"], "before": [number, {"a": number}],
                "after": null, "after_unknown": false, "before_sensitive": false, "after_sensitive": false});
        }
    }
    let text = escaped_anyhow(&case, dice);
    let document = document(&case, &text, rules)?;
    search(&case.secrets, &document).map_err(|fault| format!("{places:?}: {fault}\nin {text}"))?;
    let document: Value = serde_json::from_slice(&document).map_err(|error| format!("no JSON: {error}"))?;
    is_honest(&case.plan, &document)
}

/// The plan's text, where a character of a secret may stand as an escape, and space anywhere.
fn escaped_anyhow(case: &Case, dice: &mut Dice) -> String {
    let mut text = if dice.chance(20) {
        serde_json::to_string_pretty(&case.plan).unwrap()
    } else {
        case.plan.to_string()
    };
    for secret in case.secrets.iter().filter(|secret| secret.len() > 12) {
        let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
        if dice.chance(25)
            && !is_number
            && secret.as_bytes()[1].is_ascii_alphanumeric()
            && secret.is_char_boundary(2)
        {
            let escaped = format!("{}\\u{:04x}{}", &secret[..1], secret.as_bytes()[1], &secret[2..]);
            text = text.replace(secret, &escaped);
        }
    }
    text
}

fn document(case: &Case, plan: &str, rules: Rules) -> Result<Vec<u8>, String> {
    let mut known = case.known.clone();
    known.add_forms(&case.forms);
    let schemas = case.schemas.to_string();
    let schemas = (case.schemas["provider_schemas"] != json!({})).then(|| Cursor::new(schemas));
    let mut output = Vec::new();
    let redacted = catch_unwind(AssertUnwindSafe(|| {
        redact_with(rules, Cursor::new(plan), schemas, &known, &mut output)
    }));
    match redacted {
        Ok(Ok(_)) => Ok(output),
        Ok(Err(error)) => Err(format!("an error: {error}")),
        Err(_) => Err("a panic".to_owned()),
    }
}

/// What must not stand in a document because of a secret.
fn needles(secret: &str) -> Vec<String> {
    let quoted = json!(secret).to_string();
    let once = quoted[1..quoted.len() - 1].to_owned();
    let twice = json!(once).to_string();
    let mut needles = vec![
        secret.to_owned(),
        once.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        once,
        twice[1..twice.len() - 1].to_owned(),
        percent(secret, "%20"),
        percent(secret, "+"),
    ];
    needles.extend(secret.lines().map(|line| line.trim().to_owned()).filter(|line| line.len() >= 6));
    for shift in 0..3 {
        let bytes = [&vec![b'.'; shift], secret.as_bytes()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            needles.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    needles
}

fn search(secrets: &[String], document: &[u8]) -> Verdict {
    let parsed: Value = serde_json::from_slice(document).map_err(|error| format!("no JSON: {error}"))?;
    let mut text = String::from_utf8(document.to_vec()).map_err(|_| "not UTF-8".to_owned())?;
    texts(&parsed, &mut text);
    for secret in secrets {
        for needle in needles(secret) {
            if let Some(at) = memmem::find(text.as_bytes(), needle.as_bytes()) {
                let around: String = text[..at].chars().rev().take(300).collect();
                let around: String = around.chars().rev().collect();
                return Err(format!("{needle:?} of {secret:?} after {around}"));
            }
        }
    }
    Ok(())
}

/// All texts of a value as they read.
fn texts(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => {
            into.push('\0');
            into.push_str(text);
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => {
            for (key, member) in members {
                into.push('\0');
                into.push_str(key);
                texts(member, into);
            }
        }
        _ => {}
    }
}

/// Whether the changes of the document change what those of the plan do.
fn is_honest(plan: &Value, document: &Value) -> Verdict {
    for section in ["resource_changes", "resource_drift"] {
        let kept = plan[section].as_array().unwrap().iter().filter(|item| item["mode"] != "ephemeral");
        let written = document[section].as_array().ok_or(format!("no {section}"))?;
        if kept.clone().count() != written.len() {
            return Err(format!("{section} has {} elements", written.len()));
        }
        for (was, is) in kept.zip(written) {
            is_honest_change(&was["change"], &is["change"])?;
        }
    }
    for (name, was) in plan["output_changes"].as_object().unwrap() {
        if let Some(is) = document["output_changes"].get(name) {
            is_honest_change(was, is)?;
        }
    }
    Ok(())
}

fn is_honest_change(was: &Value, is: &Value) -> Verdict {
    for side in ["before", "after"] {
        if !is_like(&was[side], &is[side]) {
            return Err(format!("{side} was {} and is {}", was[side], is[side]));
        }
    }
    if is["before_sensitive"] == is["after_sensitive"]
        && (was["before"] == was["after"]) != (is["before"] == is["after"])
    {
        return Err(format!("{was} became {is}"));
    }
    let (Some(befores), Some(afters)) = (was["before"].as_object(), was["after"].as_object()) else {
        return Ok(());
    };
    for (key, before) in befores {
        let (Some(after), Some(is_before), Some(is_after)) =
            (afters.get(key), is["before"].get(key), is["after"].get(key))
        else {
            continue;
        };
        let mark =
            |mask: &str| is[mask].get(key).cloned().filter(|mark| *mark != json!({})).unwrap_or(json!(false));
        let is_alike = is_like(before, is_before) && is_like(after, is_after);
        let is_same = (before == after) == (is_before == is_after);
        if !is_alike || mark("before_sensitive") == mark("after_sensitive") && !is_same {
            return Err(format!("{before} → {after} became {is_before} → {is_after}"));
        }
    }
    Ok(())
}

/// Whether both are of a kind: nothing, a list, an object, or anything else.
fn is_like(one: &Value, other: &Value) -> bool {
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Array(_) => 1,
        Value::Object(_) => 2,
        _ => 3,
    };
    kind(one) == kind(other)
}

fn plans() -> Vec<Value> {
    let plans = all_plans().into_iter().filter(|(_, text)| text.len() < 20_000);
    plans.map(|(_, text)| serde_json::from_str(&text).unwrap()).collect()
}

/// The first case that shows something.
fn first_fault(
    plans: &[Value],
    seed: u64,
    cases: std::ops::Range<u64>,
    rules: Rules,
) -> (Planted, Option<String>) {
    let mut planted = Planted::default();
    for number in cases {
        let mut dice = Dice::new(seed, number);
        if let Err(fault) = case(plans, &mut dice, rules, &mut planted) {
            return (planted, Some(format!("case {number}, TERRANE_TEST_SEED={seed}: {fault}")));
        }
    }
    (planted, None)
}

#[test]
fn no_planted_secret_is_found() {
    let (plans, seed) = (plans(), seed());
    let share = CASES / THREADS;
    let planted = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let plans = &plans;
                scope
                    .spawn(move || first_fault(plans, seed, thread * share..(thread + 1) * share, Rules::ALL))
            })
            .collect();
        let mut planted = Planted::default();
        for thread in threads {
            let (share, fault) = thread.join().unwrap();
            assert!(fault.is_none(), "{}", fault.unwrap_or_default());
            planted.add(share);
        }
        planted
    });
    for place in PLACES {
        assert!(planted.places.get(&place).is_some_and(|count| *count > 100), "{place:?} in {planted:?}");
    }
    for form in FORMS {
        assert!(planted.forms.get(&form).is_some_and(|count| *count > 100), "{form:?} in {planted:?}");
    }
    for spot in SPOTS {
        assert!(planted.spots.get(&spot).is_some_and(|count| *count > 100), "{spot:?} in {planted:?}");
    }
    println!("{CASES} cases: {planted:?}");
}

#[test]
fn each_rule_is_needed() {
    let (plans, seed) = (plans(), seed());
    let without = [
        ("collect", Rules { collect: false, ..Rules::ALL }),
        ("every_section", Rules { every_section: false, ..Rules::ALL }),
        ("scrub", Rules { scrub: false, ..Rules::ALL }),
        ("fail_closed", Rules { fail_closed: false, ..Rules::ALL }),
        ("placeholders", Rules { placeholders: false, ..Rules::ALL }),
        ("only_redacted", Rules { only_redacted: false, ..Rules::ALL }),
    ];
    for (name, rules) in without {
        let (_, fault) = first_fault(&plans, seed, 0..CASES_WITHOUT_A_RULE, rules);
        let fault =
            fault.unwrap_or_else(|| panic!("nothing is missed without {name}, TERRANE_TEST_SEED={seed}"));
        println!("without {name}: {fault}");
        assert!(
            !fault.contains("an error") && !fault.contains("a panic") && !fault.contains("no JSON"),
            "{fault}"
        );
    }
}

#[test]
fn the_search_finds_what_is_there() {
    assert!(search(&["hunter2hunter".to_owned()], br#"{"a":"xx"}"#).is_ok());
    for hit in ["hunter2hunter", "\\u0068unter2hunter", "YWh1bnRlcjJodW50ZXI"] {
        let document = format!("{{\"a\":{{\"{hit}\":1}}}}");
        assert!(search(&["hunter2hunter".to_owned()], document.as_bytes()).is_err(), "{hit}");
    }
}
