//! Cases of the real engines.

use crate::case::Case;
use serde_json::json;
use terrane_testkit::{Actor, archive};

/// Secrets in attributes, outputs, conditions and in what a command says; only the server knows that some are.
const MAIN: &str = r#"
variable "text" {}
variable "object" {
  type = any
}
variable "lines" {}
variable "long" {}
variable "of_set" {
  sensitive = true
}

resource "terraform_data" "a" {
  input            = { text = "user:${var.text}", set = var.of_set, lines = var.lines }
  triggers_replace = [base64encode(jsonencode(var.object)), var.long]

  provisioner "local-exec" {
    command = "echo \"$ENVIRONMENT\"; printf '%s' \"$ENVIRONMENT\" | base64 -w 0; cat \"$FILE\" || true"
    environment = { FILE = "/nowhere/${var.text}" }
  }
}

output "marked" {
  value     = [var.of_set, var.text, var.object, var.long]
  sensitive = true
}
"#;

/// An expression that fails at a secret.
const FAILING: &str = "variable \"text\" {}\noutput \"a\" {\n  value = file(\"/nowhere/${var.text}\")\n}\n";

/// Makes the workspace, applies a run, and fails another.
pub async fn case(owner: Actor, engine: &'static str, number: usize) -> Case {
    let attributes = json!({ "engine": engine, "structured-run-output-enabled": number.is_multiple_of(2) });
    let mut case = Case::new(&owner, number, &attributes).await;
    for (main, auto_apply, status) in [(MAIN, true, "applied"), (FAILING, false, "errored")] {
        let files = archive(&[("main.tf", main)]);
        let run = owner.run(case.workspace(), files, &json!({ "auto-apply": auto_apply })).await;
        owner.wait_for(&run, &[status]).await;
        case.note(&owner, run).await;
    }
    case
}
