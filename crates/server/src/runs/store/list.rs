//! Lists of runs with their filters: built from constants, every shape prepared by a test.
//!
//! A workspace may have a million runs, so no list looks at all of them. A page is made of *arms*, one for each operation
//! (and status) that is asked for: each walks an index from its newest end and stops at the end of the page. What no
//! index holds (texts, names of agent pools) is looked for among the newest [`SEARCHED_MAX`] runs that fit the rest.
//! Runs that have ended are counted when they end (`finished_runs`).

use super::{Run, select};
use crate::clock::Time;
use crate::ids::{OrganizationId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use crate::runs::mode::Operation;
use crate::runs::model::RunStatus;
use terrane_jsonapi::Page;

/// Texts and pool names are looked for in so many runs, the newest that fit the other filters.
pub const SEARCHED_MAX: u64 = 10_000;

/// Whose runs.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Those of a workspace.
    Workspace(&'a WorkspaceId),
    /// Those of all workspaces of an organization.
    Organization(&'a OrganizationId),
}

impl Scope<'_> {
    fn column(self) -> &'static str {
        match self {
            Self::Workspace(_) => "workspace_id",
            Self::Organization(_) => "organization_id",
        }
    }

    fn id(self) -> Value {
        match self {
            Self::Workspace(id) => id.into(),
            Self::Organization(id) => id.into(),
        }
    }
}

/// Which of them (api-contract 4.3). An empty list of operations or statuses fits nothing, another empty list anything.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Of any of these operations.
    pub operations: Vec<Operation>,
    /// In any of these statuses; `None` for every status.
    pub statuses: Option<Vec<RunStatus>>,
    /// From any of these sources.
    pub sources: Vec<String>,
    /// Of the workspaces with these names.
    pub workspaces: Vec<String>,
    /// Made at this time or later.
    pub since: Option<Time>,
    /// Made before this time.
    pub until: Option<Time>,
    /// Planned by an agent of a pool with any of these names.
    pub pools: Vec<String>,
    /// By a text.
    pub search: Option<Search>,
}

/// A text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// In the creator's name, the run's id or message: `search[basic]`.
    Basic(String),
    /// The creator's name: `search[user]`.
    User(String),
    /// A commit, or how one begins: `search[commit]`; and the creator's name, where that is searched too.
    Commit(String, Option<String>),
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            operations: Operation::ALL.to_vec(),
            statuses: None,
            sources: Vec::new(),
            workspaces: Vec::new(),
            since: None,
            until: None,
            pools: Vec::new(),
            search: None,
        }
    }
}

/// A statement in the making, with its values.
struct Text {
    sql: String,
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

    fn query(self) -> Query {
        self.values.into_iter().fold(sql(self.sql), Query::bind)
    }
}

/// Fixed texts of our own, so they may stand in a statement: it then needs no plan for other values.
fn quoted(words: impl Iterator<Item = &'static str>) -> String {
    words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

const NEWEST_FIRST: &str = " ORDER BY created_at DESC, id DESC";

impl Filter {
    fn fits_nothing(&self) -> bool {
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
             JOIN runs s ON s.id = newest.id LEFT JOIN users u ON u.id = s.created_by"
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
                let user = text.place(wanted.to_lowercase());
                let id = text.place(wanted);
                let lower = text.place(contains(&wanted.to_lowercase()));
                // SQLite knows the case of ASCII letters only.
                let as_given = text.place(contains(wanted));
                let commit = text.place(begins(&wanted.to_lowercase()));
                searched.push_str(&format!(
                    " WHERE lower(u.username) = {user} OR s.id = {id} OR lower(s.message) LIKE {lower} ESCAPE '\\' \
                     OR s.message LIKE {as_given} ESCAPE '\\' OR {}",
                    has_commit(&commit)
                ));
            }
            Some(Search::User(name)) => {
                let name = text.place(name.to_lowercase());
                searched.push_str(&format!(" WHERE lower(u.username) = {name}"));
            }
            Some(Search::Commit(commit, user)) => {
                let commit = text.place(begins(&commit.to_lowercase()));
                searched.push_str(&format!(" WHERE {}", has_commit(&commit)));
                if let Some(user) = user {
                    let name = text.place(user.to_lowercase());
                    searched.push_str(&format!(" AND lower(u.username) = {name}"));
                }
            }
            None => {}
        }
        searched
    }

    fn page_text(&self, scope: Scope<'_>, offset: u64, limit: u64) -> Text {
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

    fn count_text(&self, scope: Scope<'_>) -> Text {
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

const SELECT: &str = select!("JOIN ");

/// A pattern of texts that hold this one.
fn contains(text: &str) -> String {
    format!("%{}", begins(text))
}

/// A pattern of texts that begin so.
fn begins(text: &str) -> String {
    format!("{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Whether version control names such a commit for the run's configuration.
fn has_commit(place: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM ingress_attributes i WHERE i.configuration_version_id = s.configuration_version_id \
         AND lower(i.commit_sha) LIKE {place} ESCAPE '\\')"
    )
}

/// One page, newest first: the CLI counts older runs below its own.
pub async fn list(
    exec: impl Exec,
    scope: Scope<'_>,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Run>, DbError> {
    some(exec, scope, filter, page, page.size).await
}

/// One page, and whether another follows it.
pub async fn list_uncounted(
    exec: impl Exec,
    scope: Scope<'_>,
    filter: &Filter,
    page: Page,
) -> Result<(Vec<Run>, bool), DbError> {
    let mut runs = some(exec, scope, filter, page, page.size + 1).await?;
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let has_next = runs.len() > size;
    runs.truncate(size);
    Ok((runs, has_next))
}

async fn some(
    exec: impl Exec,
    scope: Scope<'_>,
    filter: &Filter,
    page: Page,
    limit: u64,
) -> Result<Vec<Run>, DbError> {
    if filter.fits_nothing() {
        return Ok(Vec::new());
    }
    let offset = u64::try_from(page.offset()).unwrap_or(0);
    exec.all(filter.page_text(scope, offset, limit).query()).await
}

/// How many there are.
pub async fn count(exec: impl Exec, scope: Scope<'_>, filter: &Filter) -> Result<u64, DbError> {
    if filter.fits_nothing() {
        return Ok(0);
    }
    let (count,): (i64,) = exec.one(filter.count_text(scope).query()).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The statement of a first page, for the test that looks at how a database carries it out.
pub fn page_statement(scope: Scope<'_>, filter: &Filter) -> String {
    filter.page_text(scope, 0, 20).sql
}

/// Statements of every kind that a list can become, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    let (workspace, organization) = (WorkspaceId::random(), OrganizationId::random());
    let some = |count| vec!["a".to_owned(); count];
    let text = || "a".to_owned();
    let searches = [
        None,
        Some(Search::Basic(text())),
        Some(Search::User(text())),
        Some(Search::Commit(text(), None)),
        Some(Search::Commit(text(), Some(text()))),
    ];
    let mut shapes = Vec::new();
    for (statuses, search) in [None, Some(RunStatus::ALL.to_vec())]
        .into_iter()
        .flat_map(|statuses| searches.iter().map(move |search| (statuses.clone(), search.clone())))
    {
        for (sources, pools, time) in
            [(0, 0, None), (2, 0, Some(Time(0))), (0, 2, None), (1, 1, Some(Time(1)))]
        {
            let filter = Filter {
                statuses: statuses.clone(),
                sources: some(sources),
                pools: some(pools),
                since: time,
                until: time,
                search: search.clone(),
                ..Filter::default()
            };
            let named = Filter { workspaces: some(2), ..filter.clone() };
            for (scope, filter) in [
                (Scope::Workspace(&workspace), &filter),
                (Scope::Organization(&organization), &filter),
                (Scope::Organization(&organization), &named),
            ] {
                shapes.extend([filter.page_text(scope, 0, 20).sql, filter.count_text(scope).sql]);
            }
        }
    }
    shapes
}
