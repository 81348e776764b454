//! The SQL of run lists, built from constants.

use super::{Filter, SEARCHED_MAX, SELECT, Scope, Search};
use crate::platform::db::{Query, Value, sql};
use crate::runs::mode::Operation;
use crate::runs::model::RunStatus;

/// A statement in the making, with its values.
pub(super) struct Text {
    pub(super) sql: String,
    values: Vec<Value>,
}

impl Text {
    /// The scope is always the first value.
    fn new(scope: Scope<'_>) -> Self {
        Self { sql: String::new(), values: vec![scope.id()] }
    }

    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn places(&mut self, list: &[String]) -> String {
        let places: Vec<String> = list.iter().map(|text| self.place(text)).collect();
        places.join(", ")
    }

    pub(super) fn query(self) -> Query {
        self.values.into_iter().fold(sql(self.sql), Query::bind)
    }
}

/// Fixed texts of our own, so they may stand in a statement: it then needs no plan for other values.
fn quoted(words: impl Iterator<Item = &'static str>) -> String {
    words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

const NEWEST_FIRST: &str = " ORDER BY created_at DESC, id DESC";

impl Filter {
    pub(super) fn fits_nothing(&self) -> bool {
        self.operations.is_empty() || self.statuses.as_ref().is_some_and(Vec::is_empty)
    }

    fn is_searched(&self) -> bool {
        !self.pools.is_empty() || self.search.is_some()
    }

    /// What is left of the filter inside of an arm.
    fn rest(&self, text: &mut Text) -> String {
        let mut rest = String::new();
        if !self.sources.is_empty() {
            rest.push_str(&format!(" AND source IN ({})", text.places(&self.sources)));
        }
        if !self.workspaces.is_empty() {
            let names = text.places(&self.workspaces);
            rest.push_str(&format!(
                " AND workspace_id IN (SELECT w.id FROM workspaces w WHERE w.organization_id = $1 AND w.name IN ({names}))"
            ));
        }
        if let Some(since) = self.since {
            rest.push_str(&format!(" AND created_at >= {}", text.place(since)));
        }
        if let Some(until) = self.until {
            rest.push_str(&format!(" AND created_at < {}", text.place(until)));
        }
        rest
    }

    /// Ids and ages of the newest runs that fit all that an index or a row can tell, `most` from each arm.
    fn arms(&self, scope: Scope<'_>, text: &mut Text, most: u64) -> String {
        let rest = self.rest(text);
        let column = scope.column();
        let arm = |status: &str, operation: &Operation| {
            format!(
                "SELECT id, created_at FROM (SELECT id, created_at FROM runs WHERE {column} = $1{status} \
                 AND operation = '{}'{rest}{NEWEST_FIRST} LIMIT {most}) AS arm",
                operation.as_str()
            )
        };
        let of_status =
            |status: &str| self.operations.iter().map(|operation| arm(status, operation)).collect();
        let arms: Vec<String> = match &self.statuses {
            None => of_status(""),
            Some(statuses) => {
                let texts = statuses.iter().map(|status| format!(" AND status = '{}'", status.as_str()));
                texts.flat_map(|status| -> Vec<String> { of_status(&status) }).collect()
            }
        };
        arms.join(" UNION ALL ")
    }

    /// The newest runs that fit, of which [`Filter::found`] are looked for.
    fn searched(&self, scope: Scope<'_>, text: &mut Text) -> String {
        let arms = self.arms(scope, text, SEARCHED_MAX);
        let mut searched = format!(
            "FROM (SELECT id, created_at FROM ({arms}) AS arms{NEWEST_FIRST} LIMIT {SEARCHED_MAX}) AS newest \
             JOIN runs s ON s.id = newest.id LEFT JOIN users u ON u.id = s.created_by \
             LEFT JOIN ingress_attributes i ON i.configuration_version_id = s.configuration_version_id"
        );
        if !self.pools.is_empty() {
            let names = text.places(&self.pools);
            searched.push_str(&format!(
                " JOIN plans t ON t.run_id = s.id JOIN agents g ON g.id = t.agent_id \
                 JOIN agent_pools o ON o.id = g.agent_pool_id AND o.name IN ({names})"
            ));
        }
        match &self.search {
            Some(Search::Basic(wanted)) => {
                let user = user(text, wanted);
                let id = text.place(wanted);
                let commit = commit(text, wanted);
                let lower = text.place(contains(&wanted.to_lowercase()));
                // SQLite knows the case of ASCII letters only.
                let as_given = text.place(contains(wanted));
                searched.push_str(&format!(
                    " WHERE {user} OR s.id = {id} OR {commit} OR lower(s.message) LIKE {lower} ESCAPE '\\' \
                     OR s.message LIKE {as_given} ESCAPE '\\'"
                ));
            }
            Some(Search::User(name)) => searched.push_str(&format!(" WHERE {}", user(text, name))),
            Some(Search::Commit(name, None)) => searched.push_str(&format!(" WHERE {}", commit(text, name))),
            Some(Search::Commit(name, Some(by))) => {
                let (commit, user) = (commit(text, name), user(text, by));
                searched.push_str(&format!(" WHERE {commit} AND {user}"));
            }
            None => {}
        }
        searched
    }

    pub(super) fn page_text(&self, scope: Scope<'_>, offset: u64, limit: u64) -> Text {
        let mut text = Text::new(scope);
        let found = if self.is_searched() {
            let searched = self.searched(scope, &mut text);
            format!(
                "SELECT newest.id, newest.created_at {searched} ORDER BY newest.created_at DESC, newest.id DESC"
            )
        } else {
            let arms = self.arms(scope, &mut text, offset.saturating_add(limit));
            format!("SELECT id, created_at FROM ({arms}) AS arms{NEWEST_FIRST}")
        };
        text.sql = format!(
            "{SELECT}({found} LIMIT {limit} OFFSET {offset}) AS page ON page.id = r.id \
             ORDER BY page.created_at DESC, page.id DESC"
        );
        text
    }

    pub(super) fn count_text(&self, scope: Scope<'_>) -> Text {
        let mut text = Text::new(scope);
        text.sql = match scope {
            _ if self.is_searched() => {
                let searched = self.searched(scope, &mut text);
                format!("SELECT CAST(COUNT(*) AS BIGINT) {searched}")
            }
            Scope::Workspace(_) if self.since.is_none() && self.until.is_none() => self.tally(&mut text),
            _ => {
                let rest = self.rest(&mut text);
                let (column, words) = (scope.column(), self.words(self.statuses.as_deref()));
                format!("SELECT CAST(COUNT(*) AS BIGINT) FROM runs WHERE {column} = $1{words}{rest}")
            }
        };
        text
    }

    /// Those that have ended, as they were counted then, and those that have not, which are few.
    fn tally(&self, text: &mut Text) -> String {
        let wanted = self.statuses.as_deref().unwrap_or(RunStatus::ALL);
        let unfinished: Vec<RunStatus> = wanted.iter().copied().filter(|status| !status.is_final()).collect();
        let (ended, rest) = (self.words(self.statuses.as_deref()), self.rest(text));
        let mut tally = format!(
            "SELECT CAST(COALESCE((SELECT SUM(runs) FROM finished_runs WHERE workspace_id = $1{ended}{rest}), 0)"
        );
        if !unfinished.is_empty() {
            let words = self.words(Some(&unfinished));
            tally.push_str(&format!(" + (SELECT COUNT(*) FROM runs WHERE workspace_id = $1{words}{rest})"));
        }
        tally + " AS BIGINT)"
    }

    fn words(&self, statuses: Option<&[RunStatus]>) -> String {
        let mut words = String::new();
        if let Some(statuses) = statuses {
            let list = quoted(statuses.iter().map(|status| status.as_str()));
            words.push_str(&format!(" AND status IN ({list})"));
        }
        let list = quoted(self.operations.iter().map(|operation| operation.as_str()));
        words + &format!(" AND operation IN ({list})")
    }
}

/// Whoever made the run, or the commit of its configuration, has this name.
fn user(text: &mut Text, name: &str) -> String {
    let name = text.place(name.to_lowercase());
    format!("(lower(u.username) = {name} OR lower(i.sender_username) = {name})")
}

/// The commit of the run's configuration begins so.
fn commit(text: &mut Text, beginning: &str) -> String {
    let beginning = text.place(begins(&beginning.to_lowercase()));
    format!("lower(i.commit_sha) LIKE {beginning} ESCAPE '\\'")
}

/// A pattern of texts that hold this one.
fn contains(text: &str) -> String {
    format!("%{}", begins(text))
}

/// A pattern of texts that begin so.
fn begins(text: &str) -> String {
    format!("{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
