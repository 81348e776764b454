//! Cases of the fake engine, which says every secret that it gets in every form, in its logs, plans and states.

use crate::canary::Kind;
use crate::case::Case;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use terrane_testkit::{Actor, Run, fake_archive};

/// Makes the workspace and two runs: one is applied, one fails.
pub async fn case(owner: Actor, number: usize) -> Case {
    let attributes = json!({ "structured-run-output-enabled": number.is_multiple_of(2) });
    let mut case = Case::new(&owner, number, &attributes).await;
    let behaviour = applied(&mut case, number);
    let run = run(&owner, &case, &behaviour, &json!({ "auto-apply": true })).await;
    owner.wait_for(&run, &["applied"]).await;
    case.note(&owner, run).await;
    let behaviour = failing(&case, number);
    let run = self::run(&owner, &case, &behaviour, &json!({ "auto-apply": true })).await;
    owner.wait_for(&run, &["errored"]).await;
    case.note(&owner, run).await;
    case
}

async fn run(owner: &Actor, case: &Case, behaviour: &Value, attributes: &Value) -> Run {
    owner.run(case.workspace(), fake_archive(behaviour), attributes).await
}

/// Says all that it knows, then plans and applies.
fn applied(case: &mut Case, number: usize) -> Value {
    let chatter = chatter(case, number);
    let state = case.plant(Kind::EngineState);
    let outputs = json!({ "made": { "value": state, "type": "string", "sensitive": true } });
    let mut plan = chatter.clone();
    plan.extend([json!({ "env": true }), json!({ "var_files": true })]);
    plan.push(json!({ "plan": { "document": plan_document(case) } }));
    let mut apply = chatter.clone();
    apply.extend([json!({ "write_state": { "outputs": outputs } }), json!({ "created": 1 })]);
    json!({ "init": chatter, "plan": plan, "apply": apply })
}

/// Fails at one step or the other, with secrets in what it says of it.
fn failing(case: &Case, number: usize) -> Value {
    let mut fails = chatter(case, number + 1);
    for secret in known(case) {
        fails.push(json!({ "print_error": format!("Error: cannot log in with {secret}\n") }));
    }
    fails.push(json!({ "exit": 1 }));
    match number % 5 {
        0 => json!({ "init": fails }),
        1 => json!({ "plan": fails }),
        2 => {
            fails.insert(0, json!({ "plan": { "additions": 1, "errored": true } }));
            json!({ "plan": fails })
        }
        3 => json!({ "plan": [{ "plan": { "additions": 1 } }], "show": fails }),
        _ => json!({ "plan": [{ "plan": { "additions": 1 } }], "apply": fails }),
    }
}

/// What the server knows to be secret before an engine says anything.
fn known(case: &Case) -> Vec<String> {
    let is_known = |kind| {
        use Kind::{Environment, Hcl, Lines, Long, OfSet, SshKey, Text};
        matches!(kind, Text | Hcl | Environment | Lines | Long | OfSet | SshKey)
    };
    case.secrets.iter().filter(|secret| is_known(secret.kind)).map(|secret| secret.text.clone()).collect()
}

/// Every known secret in every form, some of them cut in pieces at any byte.
fn chatter(case: &Case, number: usize) -> Vec<Value> {
    let mut steps = Vec::new();
    for (at, secret) in known(case).iter().enumerate() {
        let json = json!({ "@level": "error", "@message": format!("Error: {secret}"), "type": "diagnostic",
            "diagnostic": { "severity": "error", "summary": secret, "detail": json!({ "password": secret }).to_string() } });
        let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let inside = STANDARD.encode(json!({ "password": secret }).to_string());
        let said = format!("{secret}\n{json}\n{}\n{inside}\n{percent}\n", STANDARD.encode(secret));
        let indented = secret.replace('\n', "\n    ");
        steps.push(json!({ "print": format!("password = <<EOT\n    {indented}\nEOT\n") }));
        if (at + number).is_multiple_of(3) {
            let cut = (number * 37 + at * 11) % said.len();
            let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            steps.push(json!({ "print_bytes_hex": hex(&said.as_bytes()[..cut]) }));
            // So that it is read in between.
            steps.push(json!({ "sleep_ms": 5 }));
            steps.push(json!({ "print_bytes_hex": hex(&said.as_bytes()[cut..]) }));
        } else {
            steps.push(json!({ "print": said }));
        }
    }
    steps
}

/// A plan with secrets that masks and declarations mark, and with copies of them that nothing marks.
fn plan_document(case: &mut Case) -> Value {
    let (value, output, variable) =
        (case.plant(Kind::PlanValue), case.plant(Kind::PlanOutput), case.plant(Kind::PlanVariable));
    let known = known(case);
    let after = json!({ "input": { "password": value, "note": "plain" }, "triggers_replace": [
        format!("user:{value}"), format!("of {variable}"), known[0], STANDARD.encode(&value)] });
    let mask = json!({ "input": { "password": true } });
    let values = json!({ "address": "terraform_data.a[0]", "mode": "managed", "type": "terraform_data", "name": "a",
        "index": 0, "provider_name": "terraform.io/builtin/terraform", "schema_version": 0, "values": after,
        "sensitive_values": mask });
    let change = json!({ "actions": ["create"], "before": null, "after": after, "after_unknown": { "id": true },
        "before_sensitive": false, "after_sensitive": mask });
    json!({
        "format_version": "1.2",
        "terraform_version": "1.99.0",
        "variables": { "token": { "value": variable } },
        "planned_values": { "outputs": { "password": { "sensitive": true, "type": "string", "value": output } },
            "root_module": { "resources": [values] } },
        "resource_changes": [{ "address": "terraform_data.a[0]", "mode": "managed", "type": "terraform_data",
            "name": "a", "index": 0, "provider_name": "terraform.io/builtin/terraform", "change": change }],
        "output_changes": { "password": { "actions": ["create"], "before": null, "after": output,
            "after_unknown": false, "before_sensitive": true, "after_sensitive": true } },
        "configuration": { "root_module": { "variables": { "token": { "sensitive": true, "default": variable } } } },
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": true,
        "complete": true,
        "errored": false,
    })
}
