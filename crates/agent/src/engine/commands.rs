//! The commands of a plan.

use terrane_wire::PlanOptions;

use super::variables::VariableFiles;
use crate::{
    job::Folder,
    supervisor::spec::{Step, StepKind},
};

/// `init`, `plan`, `show -json`. The plan is made once; what it shows and what is kept are the same.
pub(crate) fn plan_steps(folder: &Folder, options: &PlanOptions, files: &VariableFiles) -> Vec<Step> {
    let init = ["init", "-input=false", "-no-color"].map(str::to_owned).to_vec();
    let mut plan = vec!["plan".to_owned(), "-input=false".to_owned(), format!("-out={}", folder.plan_file())];
    if options.destroy {
        plan.push("-destroy".to_owned());
    }
    plan.extend(files.paths().map(|path| format!("-var-file={path}")));
    let show = vec!["show".to_owned(), "-json".to_owned(), folder.plan_file().into_string()];
    vec![
        Step { kind: StepKind::Init, arguments: init },
        Step { kind: StepKind::Plan, arguments: plan },
        Step { kind: StepKind::Show, arguments: show },
    ]
}
