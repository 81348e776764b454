//! Lists of runs with their filters: built from constants, every shape prepared by a test.
//!
//! A workspace may have a million runs, so no list looks at all of them. A page is made of *arms*, one for each operation
//! (and status) that is asked for: each walks an index from its newest end and stops at the end of the page. What no
//! index holds (texts, names of agent pools) is looked for among the newest [`SEARCHED_MAX`] runs that fit the rest.
//! Runs that have ended are counted when they end (`finished_runs`).

mod text;

use super::{Run, select};
use crate::clock::Time;
use crate::ids::{OrganizationId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Value};
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
    /// In the creator's name, the commit, the run's id or message: `search[basic]`.
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

const SELECT: &str = select!("JOIN ");

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
