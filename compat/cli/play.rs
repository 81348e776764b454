//! One test from its first step to its last check.

use crate::api;
use crate::command;
use crate::place::Places;
use crate::scenario::Scenario;
use crate::step::{Action, Edit, Only};
use crate::variant::Variant;
use crate::world::World;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Plays a scenario; the report of what went wrong.
pub fn play(places: &Places, scenario: &Scenario, variant: Variant) -> Result<(), String> {
    let place = places.of(variant.database);
    let mut world = World::new(place, &scenario.name, variant).map_err(|error| format!("{error:#}"))?;
    // The testkit's answers panic where they are not as described.
    let played = catch_unwind(AssertUnwindSafe(|| all(&mut world, scenario)));
    let why = match played {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => match panic.downcast_ref::<String>() {
            Some(text) => text.clone(),
            None => "a panic".to_owned(),
        },
    };
    let (told, log) = (&world.told, place.log_tail());
    Err(format!("{told}\n== the server's log\n{log}\n== what is wrong\n{why}"))
}

fn all(world: &mut World, scenario: &Scenario) -> Result<()> {
    if !scenario.without_workspace {
        world.make_workspace(&scenario.workspace)?;
    }
    write(world, &scenario.files)?;
    for (number, step) in scenario.steps.iter().enumerate() {
        if !is_for(&step.only, world.variant) {
            continue;
        }
        let played = match &step.action {
            Action::Command(command) => command::play(world, command),
            Action::Request(request) => api::play(world, request),
            Action::Edit(edit) => change(world, edit),
        };
        played.with_context(|| format!("step {} of {}", number + 1, scenario.name))?;
    }
    check_secrets(world, &scenario.secrets)
}

fn is_for(only: &Only, variant: Variant) -> bool {
    only.engine.is_none_or(|engine| engine == variant.engine)
        && only.backend.is_none_or(|backend| backend == variant.backend)
        && only.form.is_none_or(|form| form == variant.form)
}

fn change(world: &World, edit: &Edit) -> Result<()> {
    write(world, &edit.write)?;
    for name in &edit.remove {
        let path = world.path("work").join(name);
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.with_context(|| format!("{name} cannot be removed"))?;
    }
    Ok(())
}

fn write(world: &World, files: &BTreeMap<String, String>) -> Result<()> {
    for (name, text) in files {
        let path = world.path("work").join(world.fill(name)?);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, world.fill(text)?).with_context(|| format!("{name} cannot be written"))?;
    }
    Ok(())
}

/// Nothing that anybody can read holds a secret: outputs, logs of runs, the server's log.
fn check_secrets(world: &World, secrets: &[String]) -> Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    let mut texts = vec![("what the commands printed".to_owned(), world.printed.clone())];
    texts.push(("the server's log".to_owned(), world.place.log()));
    for run in world.runs() {
        let read = world.wait(world.actor.get(&format!("/runs/{run}")));
        for (relation, kind) in [("plan", "plans"), ("apply", "applies")] {
            let id = read.at(&format!("/data/relationships/{relation}/data/id"));
            let Some(id) = id.as_str() else { continue };
            let phase = world.wait(world.actor.get(&format!("/{kind}/{id}")));
            let url = phase.attribute("log-read-url");
            let log = world.wait(world.actor.get(url.as_str().context("a phase has a log")?));
            texts.push((format!("the log of {id}"), log.text()));
        }
    }
    for secret in secrets {
        for (name, text) in &texts {
            ensure!(!text.contains(secret.as_str()), "expected {secret:?} nowhere, and it is in {name}");
        }
    }
    Ok(())
}
