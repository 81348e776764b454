//! Configurations that cannot be planned: the engine's own words reach the log.

use super::on_engines;

on_engines!(a_failing_precondition, |bench| {
    let main = r#"
variable "size" {
  default = 1
}
resource "terraform_data" "bad" {
  lifecycle {
    precondition {
      condition     = var.size == 2
      error_message = "One is not two."
    }
  }
}
"#;
    let planned = bench.plan(main).await.errored_with("One is not two.");
    let run = bench.server.owner.get(&format!("/runs/{}", planned.run.id)).await;
    assert_eq!(run.attribute("status"), "errored");
});

on_engines!(a_syntax_error, |bench| {
    let planned = bench
        .plan("resource \"terraform_data\" \"x\" {\n")
        .await
        .errored_with("Unclosed configuration block");
    bench.server.owner.get(&format!("/plans/{}/json-output", planned.run.plan)).await.expect_status(404);
});

on_engines!(a_missing_variable, |bench| {
    bench
        .plan("variable \"region\" {}\noutput \"r\" {\n  value = var.region\n}\n")
        .await
        .errored_with("No value for required variable");
});

on_engines!(an_unknown_provider, |bench| {
    bench.plan("terraform {\n  required_providers {\n    x = { source = \"no.such.host.invalid/a/x\" }\n  }\n}\n").await
        .errored_with("no.such.host.invalid");
});
