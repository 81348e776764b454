//! What a run is made from: variables, working directory, backend, workspace name.

use super::on_engines;
use serde_json::json;

const SECRET: &str = "correct-horse-battery";

on_engines!(a_sensitive_variable_is_used_and_never_shown, |bench| {
    let workspace = bench.workspace("net-prod").await;
    let owner = &bench.server.owner;
    let variable = json!({ "key": "password", "value": SECRET, "category": "terraform", "sensitive": true });
    owner.variable(&workspace, &variable).await;
    // Not marked sensitive by the configuration, so that only the server knows.
    let main = "variable \"password\" {}\nresource \"terraform_data\" \"x\" {\n  input = \"user:${var.password}\"\n}\n\
        output \"encoded\" {\n  value = base64encode(var.password)\n}\n";
    let planned = bench.plan_in(&workspace, &[("main.tf", main)], &json!({})).await.finished();
    assert!(planned.log.contains("user:(sensitive value)"), "{}", planned.log);
    assert!(!planned.log.contains(SECRET), "{}", planned.log);
    // Whoever may read the whole plan reads the value.
    assert!(owner.plan_json(&planned.run).await.to_string().contains(SECRET));
});

on_engines!(every_kind_of_variable_arrives, |bench| {
    let workspace = bench.workspace("net-prod").await;
    let owner = &bench.server.owner;
    for (key, value, category, hcl) in [
        ("text", "$${not} \"hcl\"\n", "terraform", false),
        ("list", "[\"a\", 1 + 1]", "terraform", true),
        ("TF_VAR_from_env", "by environment", "env", false),
        ("undeclared", "x", "terraform", false),
    ] {
        owner
            .variable(&workspace, &json!({ "key": key, "value": value, "category": category, "hcl": hcl }))
            .await;
    }
    let main = "variable \"text\" {}\nvariable \"list\" {\n  type = list(string)\n}\nvariable \"from_env\" {}\nvariable \"run\" {}\n\
        output \"all\" {\n  value = { text = var.text, list = var.list, env = var.from_env, run = var.run }\n}\n";
    let wish = json!({ "variables": [{ "key": "run", "value": "{ a = true }" }] });
    let planned = bench
        .plan_in(&workspace, &[("main.tf", main), ("terraform.tfvars", "text = \"of a file\"\n")], &wish)
        .await;
    let json = owner.plan_json(&planned.finished().run).await;
    let expected = json!({ "text": "$${not} \"hcl\"\n", "list": ["a", "2"], "env": "by environment", "run": { "a": true } });
    assert_eq!(json["output_changes"]["all"]["after"], expected);
});

on_engines!(a_working_directory, |bench| {
    let attributes = json!({ "name": "net-prod", "working-directory": "envs/prod" });
    let workspace = bench.workspace_with(&attributes).await;
    let files = [
        ("envs/prod/main.tf", "module \"shared\" {\n  source = \"../../shared\"\n}\n"),
        ("shared/main.tf", "resource \"terraform_data\" \"x\" {}\n"),
        ("main.tf", "this is not read\n"),
    ];
    assert_eq!(bench.plan_in(&workspace, &files, &json!({})).await.finished().counts(), [1, 0, 0]);
});

on_engines!(the_workspace_has_its_name_whatever_the_configuration_says_of_backends, |bench| {
    let owner = &bench.server.owner;
    for (number, backend) in [
        "",
        "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n  }\n}\n",
        "terraform {\n  cloud {\n    organization = \"other\"\n    workspaces {\n      tags = [\"a\"]\n    }\n  }\n}\n",
        "terraform {\n  backend \"local\" {\n    path = \"/root/x.tfstate\"\n  }\n}\n",
    ].into_iter().enumerate() {
        let workspace = bench.workspace(&format!("net-{number}")).await;
        let main = format!("{backend}output \"name\" {{\n  value = terraform.workspace\n}}\n");
        let planned = bench.plan_in(&workspace, &[("main.tf", &main)], &json!({})).await.finished();
        let json = owner.plan_json(&planned.run).await;
        assert_eq!(json["output_changes"]["name"]["after"], format!("net-{number}"), "{backend}");
    }
});
