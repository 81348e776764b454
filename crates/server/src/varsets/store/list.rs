//! Lists of variable sets with their filters: built from constants, every shape prepared by a test.

use super::{Varset, applies_to_workspace, select};
use crate::ids::{OrganizationId, ProjectId, WorkspaceId};
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use terrane_jsonapi::Page;

/// Which sets of a project (api-contract section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectScope {
    /// That apply to the project, or belong to it.
    All,
    /// That apply to the project.
    Applied,
    /// Of the organization, that apply to the project.
    Shared,
    /// That belong to the project.
    Owned,
}

/// Whose sets.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// An organization's, also those of its projects.
    Organization(&'a OrganizationId),
    /// Those of an organization itself.
    OwnedByOrganization(&'a OrganizationId),
    /// A project's.
    Project(&'a ProjectId, ProjectScope),
    /// Those that apply to a workspace.
    Workspace(&'a WorkspaceId),
    /// Those that could be applied to a workspace, and are not.
    NotYetOfWorkspace(&'a WorkspaceId),
}

/// Which of them.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Names that hold this text, whatever its case.
    pub search: Option<String>,
    /// Global ones, or the others.
    pub global: Option<bool>,
}

const SELECT: &str = select!("");
const SELECT_OF_WORKSPACE: &str = select!("JOIN workspaces w ON w.organization_id = s.organization_id ");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM varsets s ";
const COUNT_OF_WORKSPACE: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM varsets s \
     JOIN workspaces w ON w.organization_id = s.organization_id ";

const APPLIED: &str = "WHERE s.organization_id = (SELECT j.organization_id FROM projects j WHERE j.id = $1) AND (s.global = TRUE \
     OR EXISTS (SELECT 1 FROM varset_projects a WHERE a.varset_id = s.id AND a.project_id = $1))";
const SHARED: &str = "WHERE s.organization_id = (SELECT j.organization_id FROM projects j WHERE j.id = $1) \
     AND s.project_id IS NULL AND (s.global = TRUE \
     OR EXISTS (SELECT 1 FROM varset_projects a WHERE a.varset_id = s.id AND a.project_id = $1))";
const ALL: &str = "WHERE s.organization_id = (SELECT j.organization_id FROM projects j WHERE j.id = $1) AND (s.global = TRUE \
     OR s.project_id = $1 OR EXISTS (SELECT 1 FROM varset_projects a WHERE a.varset_id = s.id AND a.project_id = $1))";
const OF_WORKSPACE: &str = concat!("WHERE w.id = $1 AND ", applies_to_workspace!());
const NOT_YET: &str = concat!(
    "WHERE w.id = $1 AND (s.project_id IS NULL OR s.project_id = w.project_id) AND NOT (",
    applies_to_workspace!(),
    ")"
);

impl Of<'_> {
    fn condition(&self) -> (&'static str, Value) {
        match self {
            Self::Organization(id) => ("WHERE s.organization_id = $1", (*id).into()),
            Self::OwnedByOrganization(id) => {
                ("WHERE s.organization_id = $1 AND s.project_id IS NULL", (*id).into())
            }
            Self::Project(id, ProjectScope::All) => (ALL, (*id).into()),
            Self::Project(id, ProjectScope::Applied) => (APPLIED, (*id).into()),
            Self::Project(id, ProjectScope::Shared) => (SHARED, (*id).into()),
            Self::Project(id, ProjectScope::Owned) => ("WHERE s.project_id = $1", (*id).into()),
            Self::Workspace(id) => (OF_WORKSPACE, (*id).into()),
            Self::NotYetOfWorkspace(id) => (NOT_YET, (*id).into()),
        }
    }

    fn is_of_workspace(&self) -> bool {
        matches!(self, Self::Workspace(_) | Self::NotYetOfWorkspace(_))
    }

    fn query(&self, filter: &Filter, start: &str) -> (String, Vec<Value>) {
        let (condition, owner) = self.condition();
        let (mut text, mut values) = (format!("{start}{condition}"), vec![owner]);
        if let Some(search) = &filter.search {
            values.push(format!("%{}%", escaped(&search.to_lowercase())).into());
            text.push_str(&format!(" AND lower(s.name) LIKE ${} ESCAPE '\\'", values.len()));
        }
        if let Some(global) = filter.global {
            values.push(global.into());
            text.push_str(&format!(" AND s.global = ${}", values.len()));
        }
        (text, values)
    }

    fn page_query(&self, filter: &Filter, page: Page) -> (String, Vec<Value>) {
        let start = if self.is_of_workspace() { SELECT_OF_WORKSPACE } else { SELECT };
        let (mut text, mut values) = self.query(filter, start);
        let place = values.len();
        text.push_str(&format!(" ORDER BY s.name, s.id LIMIT ${} OFFSET ${}", place + 1, place + 2));
        values.extend([page.limit().into(), page.offset().into()]);
        (text, values)
    }

    fn count_query(&self, filter: &Filter) -> (String, Vec<Value>) {
        self.query(filter, if self.is_of_workspace() { COUNT_OF_WORKSPACE } else { COUNT })
    }
}

/// Text in which `LIKE` finds nothing special.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn bind_all(text: String, values: Vec<Value>) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

/// One page, by name.
pub async fn list(exec: impl Exec, of: Of<'_>, filter: &Filter, page: Page) -> Result<Vec<Varset>, DbError> {
    let (text, values) = of.page_query(filter, page);
    exec.all(bind_all(text, values)).await
}

/// How many there are.
pub async fn count(exec: impl Exec, of: Of<'_>, filter: &Filter) -> Result<u64, DbError> {
    let (text, values) = of.count_query(filter);
    let (count,): (i64,) = exec.one(bind_all(text, values)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Every statement that a list can become, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    let (organization, project, workspace) =
        (OrganizationId::random(), ProjectId::random(), WorkspaceId::random());
    let scopes = [ProjectScope::All, ProjectScope::Applied, ProjectScope::Shared, ProjectScope::Owned];
    let mut all = vec![
        Of::Organization(&organization),
        Of::OwnedByOrganization(&organization),
        Of::Workspace(&workspace),
        Of::NotYetOfWorkspace(&workspace),
    ];
    all.extend(scopes.map(|scope| Of::Project(&project, scope)));
    let mut shapes = Vec::new();
    for of in all {
        for (search, global) in [(None, None), (Some("a".to_owned()), Some(true))] {
            let filter = Filter { search, global };
            shapes.push(of.page_query(&filter, Page { number: 1, size: 1 }).0);
            shapes.push(of.count_query(&filter).0);
        }
    }
    shapes.extend(super::links::shapes());
    shapes
}
