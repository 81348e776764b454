//! Lists of workspaces with their filters.

use super::{Workspace, select};
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use terrane_jsonapi::Page;

/// Which workspaces of an organization, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Names that hold this text, whatever its case.
    pub search: Option<String>,
    /// Names that fit this pattern with `*`.
    pub wildcard: Option<String>,
    /// Of this project.
    pub project: Option<String>,
    /// Whose current run has any of these statuses.
    pub run_statuses: Vec<String>,
    /// None at all.
    pub nothing: bool,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As made.
    #[default]
    Made,
    /// By name.
    Name,
    /// By the age of the current run.
    CurrentRun,
    /// By the time of the last change.
    LatestChange,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::Made, Self::Name, Self::CurrentRun, Self::LatestChange];

    /// Reads `sort`, without its sign; what is unknown leaves the order of making.
    pub fn parse(text: &str) -> Self {
        match text {
            "name" => Self::Name,
            "current-run.created-at" => Self::CurrentRun,
            "latest-change-at" => Self::LatestChange,
            _ => Self::Made,
        }
    }

    /// Names of workspaces are unique; whatever has no run comes last (api-contract section 20 row 8).
    fn sql(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Made, _) => " ORDER BY w.created_at, w.id",
            (Self::Name, false) => " ORDER BY w.name",
            (Self::Name, true) => " ORDER BY w.name DESC",
            (Self::CurrentRun, false) => {
                " ORDER BY (SELECT r.created_at FROM runs r WHERE r.id = w.current_run_id) NULLS LAST, \
                 w.created_at, w.id"
            }
            (Self::CurrentRun, true) => {
                " ORDER BY (SELECT r.created_at FROM runs r WHERE r.id = w.current_run_id) DESC NULLS LAST, \
                 w.created_at, w.id"
            }
            (Self::LatestChange, false) => " ORDER BY w.updated_at, w.id",
            (Self::LatestChange, true) => " ORDER BY w.updated_at DESC, w.id",
        }
    }
}

const SELECT: &str = select!("WHERE w.organization_id = $1");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM workspaces w WHERE w.organization_id = $1";

const BY_IDS: &str = select!("WHERE w.id IN ");

/// Those with these ids, oldest first. One query.
pub async fn by_ids(exec: impl Exec, ids: &[String]) -> Result<Vec<Workspace>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    exec.all(ids.iter().fold(sql(by_ids_query(ids.len())), Query::bind)).await
}

fn by_ids_query(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|place| format!("${place}")).collect();
    format!("{BY_IDS}({}) ORDER BY w.created_at, w.id", places.join(", "))
}

impl Filter {
    fn query(&self, start: &str, organization: &str) -> (String, Vec<Value>) {
        let mut text = start.to_owned();
        let mut values: Vec<Value> = vec![organization.into()];
        let mut also = |condition: &str, value: String| {
            values.push(value.into());
            text.push_str(&format!(" AND {condition} ${}", values.len()));
            if condition.ends_with("LIKE") {
                text.push_str(" ESCAPE '\\'");
            }
        };
        if let Some(search) = &self.search {
            also("lower(w.name) LIKE", format!("%{}%", escaped(&search.to_lowercase())));
        }
        if let Some(wildcard) = &self.wildcard {
            also("lower(w.name) LIKE", escaped(&wildcard.to_lowercase()).replace('*', "%"));
        }
        if let Some(project) = &self.project {
            also("w.project_id =", project.clone());
        }
        if !self.run_statuses.is_empty() {
            let first = values.len() + 1;
            values.extend(self.run_statuses.iter().map(Value::from));
            let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
            text.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM runs c WHERE c.id = w.current_run_id AND c.status IN ({}))",
                places.join(", ")
            ));
        }
        if self.nothing {
            text.push_str(" AND 1 = 0");
        }
        (text, values)
    }
}

/// Text in which `LIKE` finds nothing special.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn bind_all(text: String, values: Vec<Value>) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

/// One page; as made, unless asked otherwise (api-contract section 20 row 8).
pub async fn list(
    exec: impl Exec,
    organization: &str,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Workspace>, DbError> {
    let (text, values) = page_query(organization, filter, page);
    exec.all(bind_all(text, values)).await
}

fn page_query(organization: &str, filter: &Filter, page: Page) -> (String, Vec<Value>) {
    let (mut text, mut values) = filter.query(SELECT, organization);
    text.push_str(filter.order.sql(filter.descending));
    text.push_str(&format!(" LIMIT ${} OFFSET ${}", values.len() + 1, values.len() + 2));
    values.extend([page.limit().into(), page.offset().into()]);
    (text, values)
}

/// Every statement that a list can become (with no, one and some values), for the test that prepares them on both
/// databases.
pub fn shapes() -> Vec<String> {
    let some = |bit: usize| (bit & 1 == 1).then(|| "a".to_owned());
    let mut shapes = Vec::new();
    for bits in 0..16 {
        for statuses in [0, 1, 3] {
            let filter = Filter {
                search: some(bits),
                wildcard: some(bits >> 1),
                project: some(bits >> 2),
                run_statuses: vec!["a".to_owned(); statuses],
                nothing: bits >> 3 == 1,
                ..Filter::default()
            };
            shapes.push(filter.query(COUNT, "").0);
            for (order, descending) in
                Order::ALL.into_iter().flat_map(|order| [(order, false), (order, true)])
            {
                let filter = Filter { order, descending, ..filter.clone() };
                shapes.push(page_query("", &filter, Page { number: 1, size: 1 }).0);
            }
        }
    }
    shapes.extend([1, 2].map(by_ids_query));
    shapes
}

/// How many there are.
pub async fn count(exec: impl Exec, organization: &str, filter: &Filter) -> Result<u64, DbError> {
    let (text, values) = filter.query(COUNT, organization);
    let (count,): (i64,) = exec.one(bind_all(text, values)).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
