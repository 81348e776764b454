//! The order of the measurements.

use std::path::Path;

use anyhow::Result;

use super::arguments::{ApplyArguments, ApplyPart, Arguments, Part, RunArguments, Suite};
use super::program::{Programs, find, target_folder};
use super::series::Series;
use super::wrap_up::Engine;
use super::{
    cancel, dead_agent, idle, many_runs, objects, queue, reads, redact, report, restart, starting, wrap_up,
};

/// Samples of each line that are thrown away first.
pub(super) const WARM_UP: usize = 3;

/// Runs what was asked for.
pub(crate) fn bench(arguments: &Arguments, root: &Path) -> Result<()> {
    if let Suite::Redact(arguments) = &arguments.suite {
        let target = target_folder(root);
        return print(&redact::measure(root, &target, arguments)?, &target, "redact");
    }
    let programs = Programs::build(root)?;
    let mut all = Vec::new();
    let name = match &arguments.suite {
        Suite::Run(arguments) => {
            for part in &arguments.only {
                println!("measuring {part:?}");
                all.extend(measure(*part, arguments, &programs)?);
            }
            "run"
        }
        Suite::Apply(arguments) => {
            for part in &arguments.only {
                println!("measuring {part:?}");
                all.extend(measure_apply(*part, arguments, &programs)?);
            }
            "apply"
        }
        Suite::Api(arguments) => {
            all.extend(reads::measure(&programs, &arguments.runs, arguments.samples)?);
            "api"
        }
        Suite::Runs(arguments) => {
            let each = |engine: &Engine<'_>| many_runs::measure(&programs, engine, arguments.samples);
            all.extend(with_engines(&arguments.tofu, &arguments.terraform, each)?);
            "runs"
        }
        Suite::Redact(_) => return Ok(()),
    };
    print(&all, &programs.target, name)
}

fn print(all: &[Series], target: &Path, name: &str) -> Result<()> {
    println!();
    report::print(all);
    let path = target.join(format!("bench/{name}.csv"));
    report::write_csv(all, &path)?;
    println!("\nall samples: {}", path.display());
    Ok(())
}

fn measure_apply(part: ApplyPart, arguments: &ApplyArguments, programs: &Programs) -> Result<Vec<Series>> {
    let samples = arguments.samples;
    match part {
        ApplyPart::Cancel => cancel::measure(programs, samples),
        ApplyPart::Restart => restart::measure(programs, samples),
        ApplyPart::Agent => dead_agent::measure(programs),
        ApplyPart::Objects => {
            let each = |engine: &Engine<'_>| objects::measure(programs, engine, samples);
            with_engines(&arguments.tofu, &arguments.terraform, each)
        }
    }
}

fn measure(part: Part, arguments: &RunArguments, programs: &Programs) -> Result<Vec<Series>> {
    let samples = arguments.samples;
    match part {
        Part::Queue => queue::measure(programs, samples),
        Part::Ready => starting::measure(programs, samples),
        Part::Idle => idle::measure(programs, &programs.fake_engine),
        Part::WrapUp => {
            let fake = Engine { name: "fake", program: &programs.fake_engine, kind: "tofu" };
            let mut all = wrap_up::measure(programs, &fake, samples)?;
            let each = |engine: &Engine<'_>| wrap_up::measure(programs, engine, samples);
            all.extend(with_engines(&arguments.tofu, &arguments.terraform, each)?);
            Ok(all)
        }
    }
}

/// Measures with each real engine that is not left out.
fn with_engines(
    tofu: &str,
    terraform: &str,
    measure: impl Fn(&Engine<'_>) -> Result<Vec<Series>>,
) -> Result<Vec<Series>> {
    let mut all = Vec::new();
    for (name, program) in [("tofu", tofu), ("terraform", terraform)] {
        if !program.is_empty() {
            all.extend(measure(&Engine { name, program: &find(program)?, kind: name })?);
        }
    }
    Ok(all)
}
