//! The commands of a plan.

use terrane_wire::{Engine, PlanOptions};

use super::variables::VariableFiles;
use crate::{
    job::Folder,
    supervisor::spec::{Step, StepKind},
};

/// `init`, `plan`, and where the engine can, `show -json`. The plan is made once; what it shows and what is kept are
/// the same.
pub(crate) fn plan_steps(
    engine: &Engine,
    folder: &Folder,
    options: &PlanOptions,
    files: &VariableFiles,
) -> Vec<Step> {
    let init = ["init", "-input=false", "-no-color"].map(str::to_owned).to_vec();
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
