//! Lists of workspaces with their filters.

use super::{Workspace, select};
use crate::platform::db::{DbError, Exec, Query, Value, pattern, sql};
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
    /// With all of these tags.
    pub tags: Vec<String>,
    /// With none of these tags.
    pub without_tags: Vec<String>,
    /// With these keys and values.
    pub tagged: Vec<Tagged>,
    /// Any of them is enough.
    pub tag_union: bool,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
}

/// A key that a workspace has or inherits from its project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// The key.
    pub key: String,
    /// Its value; any when `None`.
    pub value: Option<String>,
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
            also("lower(w.name) LIKE", pattern::containing(search));
        }
        if let Some(wildcard) = &self.wildcard {
            also("lower(w.name) LIKE", pattern::wildcard(wildcard));
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
        self.add_tags(&mut text, &mut values);
        (text, values)
    }

    fn add_tags(&self, text: &mut String, values: &mut Vec<Value>) {
        for tag in &self.tags {
            values.push(tag.into());
            text.push_str(&format!(" AND {}", has_tag(values.len())));
        }
        for tag in &self.without_tags {
            values.push(tag.into());
            text.push_str(&format!(" AND NOT {}", has_tag(values.len())));
        }
        let mut conditions = Vec::with_capacity(self.tagged.len());
        for Tagged { key, value } in &self.tagged {
            values.push(key.into());
            let key = values.len();
            let value = value.as_ref().map(|value| {
                values.push(value.into());
                (values.len(), value.is_empty())
            });
            conditions.push(has_key(key, value));
        }
        if !conditions.is_empty() {
            let joined = conditions.join(if self.tag_union { " OR " } else { " AND " });
            text.push_str(&format!(" AND ({joined})"));
        }
    }
}

/// Whether a workspace has the tag of this place: a flat one, or a key, whatever its value. A client that knows keys and
/// values sends the keys here as well and wants what `filter[tagged]` alone would give (cli-protocol 3.13).
fn has_tag(place: usize) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM workspace_tags x JOIN tags t ON t.id = x.tag_id \
         WHERE x.workspace_id = w.id AND t.name = ${place}) OR EXISTS (SELECT 1 FROM tag_bindings b \
         WHERE b.workspace_id = w.id AND b.key = ${place}))"
    )
}

/// Whether a workspace has the key of this place, itself or from its project, with the value of that place. A flat
/// tag is a key without value.
fn has_key(key: usize, value: Option<(usize, bool)>) -> String {
    let fits = value.map_or_else(String::new, |(value, _)| format!(" AND b.value = ${value}"));
    let mut any = format!(
        "(EXISTS (SELECT 1 FROM tag_bindings b WHERE b.workspace_id = w.id AND b.key = ${key}{fits}) OR \
         (EXISTS (SELECT 1 FROM tag_bindings b WHERE b.project_id = w.project_id AND b.key = ${key}{fits}) AND NOT \
         EXISTS (SELECT 1 FROM tag_bindings b WHERE b.workspace_id = w.id AND b.key = ${key}))"
    );
    if value.is_none_or(|(_, is_empty)| is_empty) {
        any.push_str(&format!(
            " OR EXISTS (SELECT 1 FROM workspace_tags x JOIN tags t ON t.id = x.tag_id \
             WHERE x.workspace_id = w.id AND t.name = ${key})"
        ));
    }
    any.push(')');
    any
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

/// Every kind of statement that a list can become (with no, one and some values), for the test that prepares them on
/// both databases.
pub fn shapes() -> Vec<String> {
    let some = |bit: usize| (bit & 1 == 1).then(|| "a".to_owned());
    let mut filters = Vec::new();
    for bits in 0..8 {
        for count in [0, 1, 3] {
            filters.push(Filter {
                search: some(bits),
                wildcard: some(bits >> 1),
                project: some(bits >> 2),
                run_statuses: vec!["a".to_owned(); count],
                ..Filter::default()
            });
        }
    }
    let tagged = |value: Option<&str>| Tagged { key: "a".to_owned(), value: value.map(str::to_owned) };
    for tag_union in [false, true] {
        for count in [0, 1, 2] {
            filters.push(Filter {
                tags: vec!["a".to_owned(); count],
                without_tags: vec!["a".to_owned(); 2 - count],
                tagged: [tagged(None), tagged(Some("")), tagged(Some("b"))]
                    .into_iter()
                    .take(count + 1)
                    .collect(),
                tag_union,
                ..Filter::default()
            });
        }
    }
    let orders = Order::ALL.into_iter().flat_map(|order| [(order, false), (order, true)]);
    let mut shapes: Vec<String> = filters.iter().map(|filter| filter.query(COUNT, "").0).collect();
    for (order, descending) in orders {
        shapes.extend(filters.iter().map(|filter| {
            let filter = Filter { order, descending, ..filter.clone() };
            page_query("", &filter, Page { number: 1, size: 1 }).0
        }));
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
