//! Requests of the organization's owner, and what they must answer.

use crate::pattern;
use crate::step::Request;
use crate::world::World;
use anyhow::{Context, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use terrane_testkit::Answer;

/// How long something may take to become so.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Expected where there is nothing, or `null`.
const NOTHING: &str = "(nothing)";

/// Asks, and checks the answer.
pub fn play(world: &mut World, request: &Request) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask(world, request)?;
        let checked = check(world, request, &answer);
        if request.until && checked.is_err() && Instant::now() < deadline {
            std::thread::sleep(LOOK_AGAIN);
            continue;
        }
        world.told += &format!("> {}: {} {}\n", request.api, answer.status, answer.text());
        checked?;
        for (name, pointer) in &request.save {
            let value = answer.at(pointer);
            ensure!(!value.is_null(), "there is no {pointer} to save");
            world.save(name, &value);
        }
        return Ok(());
    }
}

fn ask(world: &World, request: &Request) -> Result<Answer> {
    let line = world.fill(&request.api)?;
    let (method, path) = line.split_once(' ').context("a request is a method and a path")?;
    let mut asking = world.actor.request(Method::from_bytes(method.as_bytes())?, path);
    let data = request.data.as_ref().map(|data| json!({ "data": data }));
    if let Some(body) = data.or_else(|| request.body.clone()) {
        asking = asking.json(&world.fill_value(&body)?);
    }
    Ok(world.wait(world.actor.send(asking)))
}

fn check(world: &World, request: &Request, answer: &Answer) -> Result<()> {
    ensure!(answer.status == request.status, "expected status {}, not {}", request.status, answer.status);
    if !request.expect.is_empty() {
        check_values(world, &answer.json(), &request.expect)?;
    }
    if let Some(missing) = pattern::first_missing(&answer.text(), &world.fill_all(&request.text)?) {
        bail!("expected in the answer to {}: {missing:?}", request.api);
    }
    for never in world.fill_all(&request.never)? {
        ensure!(!pattern::contains(&answer.text(), &never), "expected in no answer: {never:?}");
    }
    Ok(())
}

/// Checks values of a JSON document by pointer.
pub fn check_values(world: &World, document: &Value, expected: &BTreeMap<String, Value>) -> Result<()> {
    for (place, expected) in expected {
        let expected = world.fill_value(expected)?;
        let found = value_at(document, &world.fill(place)?);
        let is_right = match (&expected, &found) {
            (Value::String(text), Value::Null) => text == NOTHING,
            (Value::String(text), Value::String(found)) if text.contains('…') => {
                pattern::contains(found, text)
            }
            _ => expected == found,
        };
        ensure!(is_right, "expected at {place}: {expected}, not {found}");
    }
    Ok(())
}

fn value_at(document: &Value, place: &str) -> Value {
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    match place.strip_prefix('#') {
        Some(pointer) => match at(pointer) {
            Value::Array(list) => json!(list.len()),
            Value::Object(map) => json!(map.len()),
            _ => Value::Null,
        },
        None if place.starts_with('/') || place.is_empty() => at(place),
        None => at(&format!("/data/attributes/{place}")),
    }
}
