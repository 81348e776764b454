//! What a configuration can reach: nothing that is not its own.

use super::on_engines;
use serde_json::{Value, json};
use terrane_testkit::{Engines, Setup, fake_archive, on_both};

/// Places of the server and of the machine that no configuration may read.
fn secrets(folder: &str) -> Vec<String> {
    let data = format!("{folder}/data");
    vec![
        format!("{data}/terrane.db"),
        format!("{data}/terrane.db-wal"),
        format!("{data}/master.key"),
        format!("{folder}/key"),
        format!("{data}/server.lock"),
        format!("{data}/blobs"),
        format!("{data}/agent"),
        "/etc/shadow".to_owned(),
        "/root".to_owned(),
        "/home".to_owned(),
        "/proc/1/environ".to_owned(),
        "/proc/self/environ".to_owned(),
        format!("/proc/{}/environ", std::process::id()),
        "/sys/kernel".to_owned(),
        "/tmp".to_owned(),
        "/var/lib".to_owned(),
        "/run".to_owned(),
        // The run's own folder, as far as it is not the configuration's business: what starts the engine, and its
        // logs.
        "../spec.json".to_owned(),
        "../logs".to_owned(),
        "../processes.json".to_owned(),
    ]
}

on_engines!(file_and_fileset_read_only_the_configuration, |bench| {
    let folder = bench.server.folder().into_string();
    let paths = secrets(&folder);
    let mut main = String::from(
        "output \"own\" {\n  value = { file = file(\"own.txt\"), set = fileset(path.module, \"*.txt\") }\n}\n\
        output \"reached\" {\n  value = {\n",
    );
    for path in &paths {
        let path = json!(path);
        main.push_str(&format!(
            "    {path} = [can(file({path})), try(length(fileset({path}, \"**\")), 0)]\n"
        ));
    }
    main.push_str("  }\n}\n");
    let planned = bench.plan_files(&[("main.tf", &main), ("own.txt", "mine")]).await.finished();
    let json = bench.server.owner.plan_json(&planned.run).await;
    let outputs = &json["output_changes"];
    assert_eq!(outputs["own"]["after"], json!({ "file": "mine", "set": ["own.txt"] }));
    let reached = outputs["reached"]["after"].as_object().unwrap();
    assert_eq!(reached.len(), paths.len());
    for (path, answer) in reached {
        assert_eq!(answer, &json!([false, 0]), "{path} was reached");
    }
    assert!(!planned.log.contains("the sandbox is not full: no file restrictions"), "{}", planned.log);
});

on_both!(programs_beside_the_engine_reach_no_more, |server| {
    let folder = server.folder().into_string();
    let workspace = server.owner.workspace("net").await;
    let mut paths = secrets(&folder);
    paths.retain(|path| path != "/proc/self/environ");
    let behaviour =
        json!({ "plan": [{ "read_files": paths }, { "read_files": ["fake-engine.json"] }, { "plan": {} }] });
    let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
    assert_eq!(server.owner.planned(&run).await.attribute("status"), "finished");
    let log = server.owner.log(&run).await;
    for path in &paths {
        assert!(log.contains(&format!("denied {path}: ")), "{path} was reached: {log}");
    }
    assert!(log.contains("readable fake-engine.json"), "{log}");
});

on_both!(nothing_outside_can_be_written, |server| {
    let folder = server.folder().into_string();
    let workspace = server.owner.workspace("net").await;
    for path in [
        format!("{folder}/data/x"),
        "/tmp/terrane-x".into(),
        "/usr/x".into(),
        "../input/x".into(),
        "../logs/x".into(),
        "../exit.json".into(),
    ] {
        let behaviour = json!({ "plan": [{ "write_file": [path, "x"] }, { "plan": {} }] });
        let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
        assert_eq!(server.owner.planned(&run).await.attribute("status"), "errored", "{path} was written");
        assert!(server.owner.log(&run).await.contains("Permission denied"), "{path}");
    }
});

on_both!(the_environment_is_an_allow_list, |server| {
    let workspace = server.owner.workspace("net").await;
    let behaviour = json!({ "plan": [{ "env": true }, { "plan": {} }] });
    let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
    server.owner.planned(&run).await;
    let log = server.owner.log(&run).await;
    let mut names: Vec<&str> = log
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(' '))
        .collect();
    names.retain(|name| !name.to_lowercase().ends_with("_proxy") && !name.starts_with("SSL_CERT_"));
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "CHECKPOINT_DISABLE",
            "HOME",
            "LANG",
            "PATH",
            "TFC_AGENT_VERSION",
            "TFC_PROJECT_NAME",
            "TFC_RUN_ID",
            "TFC_WORKSPACE_NAME",
            "TFC_WORKSPACE_SLUG",
            "TFE_RUN_ID",
            "TF_CLI_CONFIG_FILE",
            "TF_DATA_DIR",
            "TF_FORCE_LOCAL_BACKEND",
            "TF_INPUT",
            "TF_IN_AUTOMATION",
            "TF_TOKEN_terrane_internal",
            "TF_WORKSPACE",
            "TMPDIR"
        ]
    );
    // The state service's own token is one of the run's secrets.
    assert!(log.contains("TF_TOKEN_terrane_internal=(sensitive value)"), "{log}");
});

on_both!(
    a_full_sandbox_on_demand_or_a_refusal,
    Setup { engines: Engines::Fake, configure: |config| config.sandbox = terrane_agent::SandboxDemand::Full },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let run = server.owner.run(&workspace, crate::support::creates(1), &json!({})).await;
        let plan = server.owner.planned(&run).await;
        let log = server.owner.log(&run).await;
        match plan.attribute("status") {
            Value::String(status) if status == "finished" => assert!(!log.contains("the sandbox"), "{log}"),
            status => assert!(
                status == "errored" && log.contains("the sandbox must be full but has"),
                "{status}: {log}"
            ),
        }
    }
);

on_both!(too_many_processes_end_the_run_not_the_machine, |server| {
    let workspace = server.owner.workspace("net").await;
    let behaviour = json!({ "plan": [{ "spawn_many": 20_000 }, { "plan": { "additions": 1 } }] });
    let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
    let plan = server.owner.planned(&run).await;
    let log = server.owner.log(&run).await;
    // Where the kernel cannot limit them the log says so.
    assert!(
        plan.attribute("status") == "errored"
            || log.contains("the sandbox is not full: no limit on processes"),
        "{log}"
    );
    server.anonymous.get("//healthz").await.expect_status(200);
});

on_both!(
    too_much_memory_ends_the_run_and_says_so,
    Setup {
        engines: Engines::Fake,
        configure: |config| config.limits.engine_memory_bytes_max = 256 * 1024 * 1024
    },
    |server| {
        let workspace = server.owner.workspace("net").await;
        let behaviour = json!({ "plan": [{ "allocate_mb": 2000 }, { "plan": { "additions": 1 } }] });
        let run = server.owner.run(&workspace, fake_archive(&behaviour), &json!({})).await;
        let plan = server.owner.planned(&run).await;
        let log = server.owner.log(&run).await;
        let is_limited = log.contains("the run needed more than 256 MiB of memory");
        assert!(
            (plan.attribute("status") == "errored" && is_limited)
                || log.contains("the sandbox is not full: no limit on memory"),
            "{log}"
        );
    }
);
