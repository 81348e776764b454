//! What the demo prints.
#![expect(clippy::print_stdout, reason = "printing is what the demo is for")]

use super::ORGANIZATION;
use super::client::{Plan, Run};
use crate::cli::HOST_NAME;

/// Before the log.
pub fn started(public_url: &str, run: &Run) {
    println!("terrane listens on {public_url} and plans a sample configuration ({}):\n", run.id);
}

/// After the plan.
pub fn result(public_url: &str, token: &str, run: &Run, plan: &Plan) {
    let [additions, changes, destructions] = plan.counts;
    println!(
        "\nThe plan is {}: {additions} to add, {changes} to change, {destructions} to destroy.",
        plan.status
    );
    println!("\nLook further:\n");
    println!("  export TOKEN={token}");
    for (what, path) in [
        ("the plan", format!("/api/v2/plans/{}", run.plan_id)),
        ("its run", format!("/api/v2/runs/{}", run.id)),
        ("what happened", format!("/api/v2/runs/{}/run-events", run.id)),
    ] {
        println!("  curl -s -H \"Authorization: Bearer $TOKEN\" {public_url}{path}   # {what}");
    }
    println!(
        "  curl -sL -H \"Authorization: Bearer $TOKEN\" {public_url}/api/v2/plans/{}/json-output   # the whole plan as JSON",
        run.plan_id
    );
    println!("  curl -s '{}'   # its log, no token needed", plan.log_read_url);
    join(public_url);
}

/// How the reader's own CLI becomes a client.
fn join(public_url: &str) {
    let variable = HOST_NAME.replace('.', "_");
    println!("\nOr plan a configuration of your own, with your own tofu or terraform:\n");
    println!("  terrane cli-config --server {public_url} > terrane.tfrc");
    println!("  export TF_CLI_CONFIG_FILE=$PWD/terrane.tfrc TF_TOKEN_{variable}=$TOKEN");
    println!("  tofu init && tofu plan   # where the configuration has the block");
    println!("      terraform {{ cloud {{");
    println!("        hostname     = \"{HOST_NAME}\"");
    println!("        organization = \"{ORGANIZATION}\"");
    println!("        workspaces {{ name = \"mine\" }}");
    println!("      }} }}");
}

/// While the server goes on.
pub fn waiting(data_dir: Option<&str>) {
    match data_dir {
        Some(data_dir) => println!("\nEverything is kept in {data_dir}. Ctrl-C ends the server."),
        None => println!("\nCtrl-C ends the server and deletes everything it made."),
    }
}
