//! The engine's environment: an allow-list of the agent's own, what a run needs, and the workspace's variables.

use std::env;

use camino::Utf8Path;
use terrane_wire::{Category, GitInfo, Job};

use super::{LOGICAL_HOST, StateBlock};
use crate::job::Folder;

/// Passed on from the agent where it has them.
const FROM_AGENT: [&str; 8] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// What a workspace may set differently from us.
const MAY_DIFFER: [&str; 2] = ["PATH", "LANG"];

/// Programs of the system, for what providers and modules call.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// What the agent's own process environment gives to engines.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostEnvironment(Vec<(String, String)>);

impl HostEnvironment {
    /// Reads the allow-list.
    pub(crate) fn read() -> Self {
        let read = |name: &&str| Some(((*name).to_owned(), env::var(name).ok()?));
        Self(FROM_AGENT.iter().filter_map(read).collect())
    }
}

/// A finished environment.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Names and values, each name once.
    pub(crate) variables: Vec<(String, String)>,
    /// The workspace's variables that were left out, with the reason, for the log.
    pub(crate) notes: Vec<String>,
}

impl Environment {
    /// Builds it. The token is the one of this run's state service.
    pub(crate) fn build(
        job: &Job,
        folder: &Folder,
        engine: &Utf8Path,
        host: &HostEnvironment,
        token: &str,
    ) -> Self {
        let mut environment = Self { variables: Vec::new(), notes: Vec::new() };
        for (name, value) in own(job, folder, engine, token) {
            environment.set(name, &value);
        }
        if job.ssh_key.is_some() {
            environment.set(GIT_SSH, &ssh_command(folder));
        }
        let own_names: Vec<String> = environment.variables.iter().map(|(name, _)| name.clone()).collect();
        for (name, value) in &host.0 {
            environment.set(name, value);
        }
        for variable in job.variables.iter().filter(|variable| variable.category == Category::Env) {
            let (name, value) = (variable.key.as_str(), variable.value.expose());
            let is_own = own_names.iter().any(|own| own == name) && !MAY_DIFFER.contains(&name);
            if let Some(reason) = refusal(name, value, is_own) {
                environment.notes.push(format!("the environment variable {name:?} is left out: {reason}"));
            } else {
                environment.set(name, value);
            }
        }
        if job.trace {
            environment.set("TF_LOG", "TRACE");
        }
        environment
    }

    fn set(&mut self, name: &str, value: &str) {
        match self.variables.iter_mut().find(|(existing, _)| existing == name) {
            Some((_, existing)) => value.clone_into(existing),
            None => self.variables.push((name.to_owned(), value.to_owned())),
        }
    }
}

fn own<'a>(
    job: &Job,
    folder: &Folder,
    engine: &Utf8Path,
    token: &str,
) -> impl Iterator<Item = (&'a str, String)> {
    let workspace = &job.workspace;
    let path = engine.parent().map_or_else(|| PATH.to_owned(), |parent| format!("{PATH}:{parent}"));
    // For every command: set at `init` alone it breaks the later ones.
    let named =
        StateBlock::of(&job.engine).has_workspace_names().then(|| ("TF_WORKSPACE", workspace.name.clone()));
    // Before 0.13 the file has another name.
    let old = (!job.engine.is_at_least([0, 13, 0]))
        .then(|| ("TERRAFORM_CONFIG", folder.cli_config().into_string()));
    let git = job.configuration.git.as_ref().map(git).unwrap_or_default();
    [
        ("PATH", path),
        ("HOME", folder.home().into_string()),
        ("TMPDIR", folder.tmp().into_string()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TF_IN_AUTOMATION", "1".to_owned()),
        ("TF_INPUT", "0".to_owned()),
        ("CHECKPOINT_DISABLE", "1".to_owned()),
        ("TF_DATA_DIR", folder.data().into_string()),
        ("TF_CLI_CONFIG_FILE", folder.cli_config().into_string()),
        ("TF_FORCE_LOCAL_BACKEND", "1".to_owned()),
        (TOKEN_NAME, token.to_owned()),
        ("TFC_RUN_ID", job.run_id.clone()),
        ("TFE_RUN_ID", job.run_id.clone()),
        ("TFC_WORKSPACE_NAME", workspace.name.clone()),
        ("TFC_WORKSPACE_SLUG", format!("{}/{}", workspace.organization, workspace.name)),
        ("TFC_PROJECT_NAME", workspace.project.clone()),
        // Engines ask for 1.10 or later where a configuration imports.
        ("TFC_AGENT_VERSION", "1.22.0".to_owned()),
    ]
    .into_iter()
    .chain(named)
    .chain(old)
    .chain(git)
}

/// What version control says of the configuration (api-contract section 9); what is not known is not set.
fn git<'a>(git: &GitInfo) -> Vec<(&'a str, String)> {
    let known = [
        ("TFC_CONFIGURATION_VERSION_GIT_BRANCH", &git.branch),
        ("TFC_CONFIGURATION_VERSION_GIT_COMMIT_SHA", &git.commit_sha),
        ("TFC_CONFIGURATION_VERSION_GIT_TAG", &git.tag),
    ];
    // No process can have a NUL in its environment; the API refuses it before.
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    known.filter(|(_, value)| !value.contains('\0')).collect()
}

/// What git starts to reach a host by ssh. Git gives it to a shell, so every path in it is quoted.
const GIT_SSH: &str = "GIT_SSH_COMMAND";

/// `ssh` with the workspace's key and no other. It reads no configuration of the machine; a host that it has not met is
/// trusted, as nobody is there to ask, and must stay the same for the rest of the job.
fn ssh_command(folder: &Folder) -> String {
    format!(
        "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=accept-new \
         -o UserKnownHostsFile={} -o GlobalKnownHostsFile=/dev/null",
        quoted(folder.ssh_key().as_str()),
        // Quoted once more: ssh splits the list of files at spaces.
        quoted(&format!("\"{}\"", folder.ssh_known_hosts())),
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Engines find the token of a host under its name with underscores.
const TOKEN_NAME: &str = "TF_TOKEN_terrane_internal";

fn refusal(name: &str, value: &str, is_own: bool) -> Option<&'static str> {
    let prefixes = ["TF_CLI_ARGS", "TF_CLOUD_", "LD_"];
    if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
        return Some("no process can have it");
    }
    let is_ours = matches!(name, "TF_LOG_PATH" | "TF_WORKSPACE" | "TERRAFORM_CONFIG");
    if is_own || is_ours || is_token_of_logical_host(name) {
        return Some("a run sets it itself");
    }
    prefixes.iter().any(|prefix| name.starts_with(prefix)).then_some("it would change how a run works")
}

/// Hyphens may be doubled underscores, and letters of either case.
fn is_token_of_logical_host(name: &str) -> bool {
    name.strip_prefix("TF_TOKEN_")
        .is_some_and(|host| host.replace('_', ".").eq_ignore_ascii_case(LOGICAL_HOST))
}

#[cfg(test)]
mod tests {
    use super::{Folder, TOKEN_NAME, is_token_of_logical_host, quoted, refusal, ssh_command};

    #[test]
    fn paths_in_the_ssh_command_are_quoted() {
        assert_eq!(quoted("a'b c"), "'a'\\''b c'");
        let command = ssh_command(&Folder::at("/a b;c/job-1"));
        assert!(command.contains(" -i '/a b;c/job-1/input/ssh-key' "), "{command}");
        assert!(command.contains("UserKnownHostsFile='\"/a b;c/job-1/home/known-hosts\"' "), "{command}");
    }

    #[test]
    fn names_that_steer_the_run_are_refused() {
        for name in [
            "TF_CLI_ARGS",
            "TF_CLI_ARGS_plan",
            "TF_CLOUD_HOSTNAME",
            "LD_PRELOAD",
            "TF_LOG_PATH",
            "TF_WORKSPACE",
            "",
            "A=B",
        ] {
            assert!(refusal(name, "x", false).is_some(), "{name}");
        }
        for name in ["AWS_ACCESS_KEY_ID", "TF_LOG", "TF_VAR_x", "TF_TOKEN_app_example_com"] {
            assert!(refusal(name, "x", false).is_none(), "{name}");
        }
        assert!(refusal("A", "nul\0", false).is_some());
        assert!(refusal("HOME", "/root", true).is_some());
        assert!(
            is_token_of_logical_host(TOKEN_NAME) && is_token_of_logical_host("TF_TOKEN_TERRANE_internal")
        );
    }
}
