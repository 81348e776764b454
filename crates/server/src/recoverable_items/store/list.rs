//! Lists of recoverable items with their filters: of one organization, and of all that somebody may see.

use super::{RecoverableItem, select};
use crate::ids::{OrganizationId, UserId};
use crate::platform::db::pattern::containing;
use crate::platform::db::{DbError, Exec, Query, Value, sql};
use terrane_jsonapi::Page;

/// Whose items.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Those of an organization.
    Organization(&'a OrganizationId),
    /// Those of the organizations that a user owns, and of deleted ones that the user owned.
    Owned(&'a UserId),
    /// All there are.
    All,
}

/// Which of them, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Names that hold this text, whatever its case.
    pub search: Option<String>,
    /// Only those whose state manages something.
    pub has_resources: bool,
    /// Only those that are kept beyond this time, microseconds.
    pub expires_after: Option<i64>,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they expire.
    #[default]
    ExpiresAt,
    /// By name.
    Name,
    /// By how much they manage.
    Resources,
}

impl Order {
    const ALL: [Self; 3] = [Self::ExpiresAt, Self::Name, Self::Resources];

    /// Reads `sort`, without its sign; what is unknown is the order in which they expire.
    pub fn parse(text: &str) -> Self {
        match text.replace('-', "_").as_str() {
            "recoverable_name" => Self::Name,
            "unmanaged_resources" => Self::Resources,
            _ => Self::ExpiresAt,
        }
    }

    fn sql(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::ExpiresAt, false) => " ORDER BY i.expires_at, i.id",
            (Self::ExpiresAt, true) => " ORDER BY i.expires_at DESC, i.id",
            (Self::Name, false) => " ORDER BY i.workspace_name, i.id",
            (Self::Name, true) => " ORDER BY i.workspace_name DESC, i.id",
            (Self::Resources, false) => " ORDER BY i.resource_count, i.id",
            (Self::Resources, true) => " ORDER BY i.resource_count DESC, i.id",
        }
    }
}

const SELECT: &str = select!("WHERE ");
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM recoverable_items i WHERE ";
const OWNED: &str = "(EXISTS (SELECT 1 FROM organization_owners o WHERE o.organization_id = i.organization_id \
     AND o.user_id = $1) OR EXISTS (SELECT 1 FROM recoverable_item_owners x WHERE x.item_id = i.id AND x.user_id = $1))";

impl Filter {
    fn query(&self, start: &str, scope: Scope<'_>) -> (String, Vec<Value>) {
        let (condition, mut values): (&str, Vec<Value>) = match scope {
            Scope::Organization(id) => ("i.organization_id = $1", vec![id.into()]),
            Scope::Owned(user) => (OWNED, vec![user.into()]),
            Scope::All => ("TRUE", Vec::new()),
        };
        let mut text = format!("{start}{condition}");
        if let Some(search) = &self.search {
            values.push(containing(search).into());
            text.push_str(&format!(" AND lower(i.workspace_name) LIKE ${} ESCAPE '\\'", values.len()));
        }
        if self.has_resources {
            text.push_str(" AND i.resource_count > 0");
        }
        if let Some(after) = self.expires_after {
            values.push(after.into());
            text.push_str(&format!(" AND i.expires_at > ${}", values.len()));
        }
        (text, values)
    }

    fn page_query(&self, scope: Scope<'_>, page: Page) -> (String, Vec<Value>) {
        let (mut text, mut values) = self.query(SELECT, scope);
        let (limit, offset) = (values.len() + 1, values.len() + 2);
        text.push_str(self.order.sql(self.descending));
        text.push_str(&format!(" LIMIT ${limit} OFFSET ${offset}"));
        values.extend([page.limit().into(), page.offset().into()]);
        (text, values)
    }
}

fn bind_all((text, values): (String, Vec<Value>)) -> Query {
    values.into_iter().fold(sql(text), Query::bind)
}

/// One page.
pub async fn list(
    exec: impl Exec,
    scope: Scope<'_>,
    filter: &Filter,
    page: Page,
) -> Result<Vec<RecoverableItem>, DbError> {
    exec.all(bind_all(filter.page_query(scope, page))).await
}

/// How many there are.
pub async fn count(exec: impl Exec, scope: Scope<'_>, filter: &Filter) -> Result<u64, DbError> {
    let (count,): (i64,) = exec.one(bind_all(filter.query(COUNT, scope))).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Every statement that a list can become, for the test that prepares them on both databases.
pub fn shapes() -> Vec<String> {
    let (organization, user) = (OrganizationId::from(String::new()), UserId::from(String::new()));
    let mut shapes = Vec::new();
    for scope in [Scope::Organization(&organization), Scope::Owned(&user), Scope::All] {
        for bits in 0..8 {
            let filter = Filter {
                search: (bits & 1 == 1).then(|| "a".to_owned()),
                has_resources: bits & 2 == 2,
                expires_after: (bits & 4 == 4).then_some(1),
                ..Filter::default()
            };
            shapes.push(filter.query(COUNT, scope).0);
            for (order, descending) in
                Order::ALL.into_iter().flat_map(|order| [(order, false), (order, true)])
            {
                let filter = Filter { order, descending, ..filter.clone() };
                shapes.push(filter.page_query(scope, Page { number: 1, size: 1 }).0);
            }
        }
    }
    shapes
}
