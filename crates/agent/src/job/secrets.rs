//! What a job knows to be secret before its engine says anything: the values of sensitive variables, the ssh key, and the
//! token of the run's state service.

use terrane_plan_json::{Known, SecretForms};
use terrane_wire::{Category, Job};

/// What a log must not show.
pub(super) fn in_logs(job: &Job, token: &str) -> SecretForms {
    let mut forms = SecretForms::default();
    for variable in job.variables.iter().filter(|variable| variable.sensitive) {
        if variable.hcl {
            forms.add_hcl(variable.value.expose());
        } else {
            forms.add_text(variable.value.expose());
        }
    }
    forms.add_text(token);
    if let Some(key) = &job.ssh_key {
        forms.add_text(key.expose());
    }
    forms
}

/// What a redacted plan must not show: the same, and whatever the plan itself says of a variable that is sensitive here.
pub(super) fn in_plans(job: &Job, token: &str) -> Known {
    let mut known = Known::default();
    known.add_forms(&in_logs(job, token));
    let inputs = job.variables.iter().filter(|variable| variable.category == Category::Terraform);
    for variable in inputs.filter(|variable| variable.sensitive) {
        known.add_variable(&variable.key);
    }
    known
}
