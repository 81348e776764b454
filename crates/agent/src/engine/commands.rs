//! The commands of a plan and of an apply.

use terrane_wire::{Engine, PlanOptions};

use super::variables::VariableFiles;
use crate::{
    job::Folder,
    supervisor::spec::{Step, StepKind},
};

const INIT: [&str; 3] = ["init", "-input=false", "-no-color"];

/// `init`, `plan`, and where the engine can, `show -json`. The plan is made once; what it shows and what is kept are
/// the same.
pub(crate) fn plan_steps(
    engine: &Engine,
    folder: &Folder,
    options: &PlanOptions,
    files: &VariableFiles,
) -> Vec<Step> {
    let init = INIT.map(str::to_owned).to_vec();
    let mut plan = vec!["plan".to_owned(), "-input=false".to_owned(), format!("-out={}", folder.plan_file())];
    if options.destroy {
        plan.push("-destroy".to_owned());
    }
    plan.extend(files.paths().map(|path| format!("-var-file={path}")));
    let mut steps =
        vec![Step { kind: StepKind::Init, arguments: init }, Step { kind: StepKind::Plan, arguments: plan }];
    if engine.has_json_plans() {
        let show = vec!["show".to_owned(), "-json".to_owned(), folder.plan_file().into_string()];
        steps.push(Step { kind: StepKind::Show, arguments: show });
    }
    steps
}

/// `init` and `apply` of the plan file that was given. With the lock file of the plan, `init` may install nothing else.
pub(crate) fn apply_steps(engine: &Engine, folder: &Folder, has_lock_file: bool) -> Vec<Step> {
    let mut init = INIT.map(str::to_owned).to_vec();
    // Before, a lock file only gives the versions.
    if has_lock_file && engine.is_at_least([0, 15, 0]) {
        init.push("-lockfile=readonly".to_owned());
    }
    let apply = vec!["apply".to_owned(), "-input=false".to_owned(), folder.given_plan_file().into_string()];
    vec![Step { kind: StepKind::Init, arguments: init }, Step { kind: StepKind::Apply, arguments: apply }]
}

#[cfg(test)]
mod tests {
    use super::{Folder, apply_steps};
    use terrane_wire::{Engine, EngineKind};

    #[test]
    fn providers_stay_as_they_were_where_the_engine_can_say_so() {
        let folder = Folder::at("/x");
        let init = |kind, version: &str, has_lock_file| {
            let engine = Engine { kind, version: version.to_owned() };
            let steps = apply_steps(&engine, &folder, has_lock_file);
            assert_eq!(steps[1].arguments, ["apply", "-input=false", "/x/input/plan.tfplan"]);
            steps[0].arguments.iter().any(|argument| argument == "-lockfile=readonly")
        };
        assert!(init(EngineKind::Tofu, "1.12.6", true) && init(EngineKind::Terraform, "0.15.0", true));
        assert!(
            !init(EngineKind::Terraform, "1.11.4", false) && !init(EngineKind::Terraform, "0.14.9", true)
        );
    }
}
