//! Every answer that an owner gets: each `GET` of the route table, where it leads to, and the logs.

use crate::canary::find;
use crate::case::{Case, Ids};
use crate::counted::Counted;
use crate::shared::Site;
use axum::http::Method;
use flate2::read::GzDecoder;
use std::io::Read;
use terrane_server::platform::access::Needs;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::{Actor, Answer, Browser, Run, TestServer};

/// What is meant to give a secret to an owner, and the contract's reason. Each must do so.
const MEANT: [(&str, &str); 11] = [
    ("getPlanJson", "the whole plan, for administrators (3.5)"),
    ("getPlanJsonOfRun", "the same"),
    ("downloadStateVersion", "the state itself (7)"),
    ("downloadRecoverableItemState", "the same of a workspace that was deleted"),
    ("listStateVersionOutputs", "to whoever may read the state (rulings, row 2)"),
    ("getStateVersionOutput", "one by its id (7)"),
    ("getStateVersion with outputs", "to whoever may read the state (rulings, row 2)"),
    ("getCurrentStateVersion with outputs", "the same"),
    ("listStateVersions with outputs", "the same"),
    ("downloadConfigurationVersion", "the archive as its user sent it: the fake engine's has the secrets"),
    ("downloadConfigurationVersionOfRun", "the same"),
];

/// What can be asked for beside an answer.
const INCLUDE: &str = "include=plan,apply,workspace,workspaces,projects,organization,configuration_version,\
    configuration_version.ingress_attributes,ingress_attributes,created_by,run,run.plan,run.workspace,run_events,actor,\
    comment,sourceable,vars,outputs,current_run,current_run.plan,current_state_version,current_state_version.outputs,\
    current_configuration_version,locked_by,project,readme,task_stages";

/// What only an apply that broke leaves, what only version control says, and what a client must ask for in its query.
const NOT_THERE: [&str; 3] = ["getErroredState", "getIngressAttributes", "showConsent"];

/// Parameters that name a run or what belongs to it.
const OF_RUN: [&str; 3] = ["run_id", "plan_id", "apply_id"];

/// Asks a server.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    pub server: &'a TestServer,
    /// The owner's, signed in: pages are not for tokens.
    pub browser: &'a Browser,
    pub counted: &'a Counted,
    pub site: &'a Site,
}

impl Answers<'_> {
    /// What is not of one workspace.
    pub async fn of_site(self) {
        for route in gets().filter(|route| !is_of_case(route)) {
            self.visit(&route, &self.site.ids, true).await;
        }
    }

    /// What is of one.
    pub async fn of_case(self, case: &Case) {
        let mut ids = self.site.ids.clone();
        ids.extend(case.ids.clone());
        for route in gets().filter(is_of_case) {
            self.visit(&route, &ids, true).await;
        }
        for (number, run) in case.runs.iter().enumerate() {
            self.logs(run).await;
            // The first is the case's own.
            if number == 0 {
                continue;
            }
            let of_run = self.ids_of(run).await;
            for route in gets().filter(|route| names(route).any(|name| OF_RUN.contains(&name))) {
                if names(&route).all(|name| of_run.contains_key(name)) {
                    self.visit(&route, &of_run, false).await;
                }
            }
        }
    }

    async fn ids_of(self, run: &Run) -> Ids {
        let apply = self.server.owner.apply(run).await.id();
        Ids::from([("run_id", run.id.clone()), ("plan_id", run.plan.clone()), ("apply_id", apply)])
    }

    /// Asks with everything that can be included, and without.
    async fn visit(self, route: &Route, ids: &Ids, must_succeed: bool) {
        let path = path(route, ids);
        let sign = if path.contains('?') { '&' } else { '?' };
        for (path, with) in [(path.clone(), ""), (format!("{path}{sign}{INCLUDE}"), " with outputs")] {
            let mut answer = match route.needs.is_page() {
                true => self.browser.get(&path).await,
                false => self.actor(route).get(&format!("/{path}")).await,
            };
            let is_there = answer.status < 400 || NOT_THERE.contains(&route.operation);
            assert!(
                answer.status < 500 && (is_there || !must_succeed),
                "{path}: {} {}",
                answer.status,
                answer.text()
            );
            self.look(route, with, &answer);
            if matches!(answer.status, 302 | 307) {
                answer = self.server.anonymous.get(answer.header("location")).await.expect_status(200);
                self.look(route, with, &answer);
            }
        }
    }

    fn actor(&self, route: &Route) -> &Actor {
        let is_for_admins = matches!(route.needs, Needs::SiteAdmin) || route.operation == "getMetrics";
        if is_for_admins { &self.server.admin } else { &self.server.owner }
    }

    fn look(self, route: &Route, with: &str, answer: &Answer) {
        let mut body = answer.bytes.clone();
        if body.starts_with(&[0x1f, 0x8b]) {
            body.clear();
            GzDecoder::new(answer.bytes.as_slice()).read_to_end(&mut body).unwrap();
        }
        self.counted.searched("answers", body.len());
        if route.operation == "getMetrics" {
            self.counted.searched("metrics", body.len());
        }
        let headers = format!("{:?}", answer.headers);
        assert!(find(headers.as_bytes()).is_none(), "{}: {headers}", route.operation);
        let Some(found) = find(&body) else { return };
        let with_includes = format!("{}{with}", route.operation);
        let is_it = |name: &str| name == route.operation || name == with_includes;
        match MEANT.iter().find(|(name, _)| is_it(name)) {
            Some((name, _)) => self.counted.meant(name),
            None => self.counted.leak(&with_includes, &found),
        }
    }

    /// The whole logs of plan and apply, by their URLs.
    async fn logs(self, run: &Run) {
        let owner = &self.server.owner;
        let plan = owner.get(&format!("/plans/{}", run.plan)).await.expect_status(200);
        for phase in [plan, owner.apply(run).await] {
            let log = owner.framed_log_of(&phase).await;
            let has_log = phase.attribute("status") != "unreachable";
            assert!(!has_log || log.last() == Some(&3), "the log has not ended: {}", phase.text());
            self.counted.searched("logs", log.len());
            if String::from_utf8_lossy(&log).contains("(sensitive value)") {
                self.counted.searched("masked logs", log.len());
            }
            if let Some(found) = find(&log) {
                self.counted.leak("a log", &found);
            }
        }
    }
}

/// What must have been seen to give its secrets.
pub fn meant(is_fake: bool) -> impl Iterator<Item = &'static str> {
    MEANT
        .iter()
        .map(|(name, _)| *name)
        .filter(move |name| is_fake || !name.starts_with("downloadConfiguration"))
}

/// What a signed URL reads is reached by where answers lead to; whoever is not signed in sees nobody's pages.
fn gets() -> impl Iterator<Item = Route> {
    let is_nobodys = |route: &Route| matches!(route.needs, Needs::SignedUrl | Needs::Visitor);
    routes().into_iter().filter(move |route| route.method == Method::GET && !is_nobodys(route))
}

fn names(route: &Route) -> impl Iterator<Item = &'static str> {
    route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn is_of_case(route: &Route) -> bool {
    const OF_SITE: [&str; 7] = [
        "organization",
        "user_id",
        "token_id",
        "terraform_version_id",
        "run_trigger_id",
        "project_id",
        "recoverable_item_id",
    ];
    let has_query = matches!(route.path, "/api/v2/runs" | "/api/v2/state-versions");
    has_query || route.path.contains("/tags/") || names(route).any(|name| !OF_SITE.contains(&name))
}

/// From the server's root, with the scope in the query where it stands there.
fn path(route: &Route, ids: &Ids) -> String {
    let parts = route.path.split('/').map(|part| {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { return part };
        ids.get(name)
            .unwrap_or_else(|| panic!("a route has a new parameter {name:?}: give it an object here"))
    });
    let path = parts.collect::<Vec<_>>().join("/");
    match route.path {
        "/api/v2/runs" => format!("{path}?workspace_id={}", ids["workspace_id"]),
        "/api/v2/workspaces/{workspace_id}/run-triggers" => {
            format!("{path}?filter[run-trigger][type]=inbound")
        }
        "/api/v2/state-versions" => {
            format!("{path}?filter[workspace][name]={}&filter[organization][name]=acme", ids["workspace"])
        }
        _ => path,
    }
}
