//! The commands of a plan and of an apply.

use terrane_wire::{Engine, PlanOptions};

use super::variables::VariableFiles;
use crate::{
    job::Folder,
    supervisor::spec::{Step, StepKind},
};

const INIT: [&str; 3] = ["init", "-input=false", "-no-color"];

/// `init`, `plan`, and where the engine can, `show -json` and `providers schema -json`. The plan is made once; what it
/// shows and what is kept are the same.
pub(crate) fn plan_steps(
    engine: &Engine,
    folder: &Folder,
    options: &PlanOptions,
    files: &VariableFiles,
    structured_output: bool,
) -> Vec<Step> {
    let init = INIT.map(str::to_owned).to_vec();
    let mut plan = vec!["plan".to_owned(), "-input=false".to_owned(), format!("-out={}", folder.plan_file())];
    plan.extend(json_lines(structured_output));
    plan.extend(mode_arguments(folder, options));
    plan.extend(files.paths().map(|path| format!("-var-file={path}")));
    let mut steps =
        vec![Step { kind: StepKind::Init, arguments: init }, Step { kind: StepKind::Plan, arguments: plan }];
    if engine.has_json_plans() {
        let show = vec!["show".to_owned(), "-json".to_owned(), folder.plan_file().into_string()];
        steps.push(Step { kind: StepKind::Show, arguments: show });
    }
    if engine.has_redacted_plans() {
        let schemas = ["providers", "schema", "-json"].map(str::to_owned).to_vec();
        steps.push(Step { kind: StepKind::Schemas, arguments: schemas });
    }
    steps
}

fn json_lines(structured_output: bool) -> Option<String> {
    structured_output.then(|| "-json".to_owned())
}

/// What makes a plan one of its kind. An address that a person gave cannot become another argument: it follows `=`.
fn mode_arguments(folder: &Folder, options: &PlanOptions) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut add = |is_wanted: bool, argument: String| {
        if is_wanted {
            arguments.push(argument);
        }
    };
    add(options.destroy, "-destroy".to_owned());
    add(options.refresh_only, "-refresh-only".to_owned());
    add(options.skip_refresh, "-refresh=false".to_owned());
    // Engines refuse to generate in any other mode, and to write to a file that is there.
    let can_generate = options.generate_configuration && !options.destroy && !options.refresh_only;
    add(can_generate, format!("-generate-config-out={}", folder.generated_configuration()));
    arguments.extend(options.targets.iter().map(|address| format!("-target={address}")));
    arguments.extend(options.replaces.iter().map(|address| format!("-replace={address}")));
    arguments
}

/// `init` and `apply` of the plan file that was given. With the lock file of the plan, `init` may install nothing else.
pub(crate) fn apply_steps(
    engine: &Engine,
    folder: &Folder,
    has_lock_file: bool,
    structured_output: bool,
) -> Vec<Step> {
    let mut init = INIT.map(str::to_owned).to_vec();
    // Before, a lock file only gives the versions.
    if has_lock_file && engine.is_at_least([0, 15, 0]) {
        init.push("-lockfile=readonly".to_owned());
    }
    let mut apply = vec!["apply".to_owned(), "-input=false".to_owned()];
    apply.extend(json_lines(structured_output));
    apply.push(folder.given_plan_file().into_string());
    vec![Step { kind: StepKind::Init, arguments: init }, Step { kind: StepKind::Apply, arguments: apply }]
}

#[cfg(test)]
mod tests {
    use super::{Folder, apply_steps, plan_steps};
    use crate::engine::variables::VariableFiles;
    use terrane_wire::{Engine, EngineKind, PlanOptions};

    #[test]
    fn each_option_is_an_argument_of_its_own() {
        let engine = Engine { kind: EngineKind::Tofu, version: "1.12.6".to_owned() };
        let of = |options: &PlanOptions| {
            let steps = plan_steps(&engine, &Folder::at("/x"), options, &VariableFiles::default(), true);
            assert_eq!(steps[1].arguments[..4], ["plan", "-input=false", "-out=/x/out/plan.tfplan", "-json"]);
            steps[1].arguments[4..].to_vec()
        };
        assert_eq!(of(&PlanOptions::default()), [""; 0]);
        let many = PlanOptions {
            skip_refresh: true,
            targets: vec!["a.b".to_owned(), "-destroy".to_owned()],
            replaces: vec!["c.d[\"e f\"]".to_owned()],
            generate_configuration: true,
            ..PlanOptions::default()
        };
        let expected = [
            "-refresh=false",
            "-generate-config-out=/x/out/generated.tf",
            "-target=a.b",
            "-target=-destroy",
            "-replace=c.d[\"e f\"]",
        ];
        assert_eq!(of(&many), expected);
        let destroy = PlanOptions { destroy: true, generate_configuration: true, ..PlanOptions::default() };
        assert_eq!(of(&destroy), ["-destroy"]);
        let refresh = PlanOptions { refresh_only: true, ..PlanOptions::default() };
        assert_eq!(of(&refresh), ["-refresh-only"]);
    }

    #[test]
    fn an_engine_that_cannot_show_is_not_asked_to() {
        let kinds = |version: &str| {
            let engine = Engine { kind: EngineKind::Terraform, version: version.to_owned() };
            let (folder, options) = (Folder::at("/x"), PlanOptions::default());
            let steps = plan_steps(&engine, &folder, &options, &VariableFiles::default(), false);
            assert_eq!(steps[1].arguments, ["plan", "-input=false", "-out=/x/out/plan.tfplan"]);
            steps.iter().skip(2).map(|step| step.kind.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(kinds("0.11.15"), [""; 0]);
        assert_eq!(kinds("0.15.1"), ["show"]);
        assert_eq!(kinds("0.15.2"), ["show", "providers-schema"]);
    }

    #[test]
    fn providers_stay_as_they_were_where_the_engine_can_say_so() {
        let folder = Folder::at("/x");
        let init = |kind, version: &str, has_lock_file| {
            let engine = Engine { kind, version: version.to_owned() };
            let steps = apply_steps(&engine, &folder, has_lock_file, false);
            assert_eq!(steps[1].arguments, ["apply", "-input=false", "/x/input/plan.tfplan"]);
            steps[0].arguments.iter().any(|argument| argument == "-lockfile=readonly")
        };
        assert!(init(EngineKind::Tofu, "1.12.6", true) && init(EngineKind::Terraform, "0.15.0", true));
        assert!(
            !init(EngineKind::Terraform, "1.11.4", false) && !init(EngineKind::Terraform, "0.14.9", true)
        );
    }
}
