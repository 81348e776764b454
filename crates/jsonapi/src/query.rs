//! Query strings: `page[number]`, `include`, `filter[…]`, `search[…]`.

use serde::Serialize;
use url::form_urlencoded;

/// The largest page (api-contract 2.6).
const PAGE_SIZE_MAX: u64 = 100;
/// The page size without `page[size]`.
const PAGE_SIZE_DEFAULT: u64 = 20;
/// More items of a list than this are not read: each may become a value of a database query.
const ITEMS_MAX: usize = 100;
/// More parameters than this are not read.
const PARAMETERS_MAX: usize = 100;

/// A decoded query string.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes; anything that is no pair is ignored.
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().take(PARAMETERS_MAX).collect())
    }

    /// The last value of a parameter, `None` when absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A comma list, each item once.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let mut items: Vec<&str> = Vec::new();
        for item in self.get(name).unwrap_or_default().split(',').map(str::trim) {
            if items.len() < ITEMS_MAX && !item.is_empty() && !items.contains(&item) {
                items.push(item);
            }
        }
        items
    }

    /// Whether `include` names this path, or one beneath it: what lies between is included too. Snake and kebab case are
    /// one; unknown values are ignored, because a refusal here ends the CLI's plan (api-contract section 20 row 20).
    pub fn includes(&self, path: &str) -> bool {
        self.included().any(|item| beneath(&item, path).is_some())
    }

    /// What `include` asks for beneath any of these relations, as a query about the resources there.
    #[must_use]
    pub fn beneath(&self, relations: &[&str]) -> Self {
        let items = self.included().flat_map(|item| {
            let rests = relations.iter().filter_map(|relation| beneath(&item, relation));
            rests.filter(|rest| !rest.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        });
        let items: Vec<String> = items.collect();
        Self(vec![("include".to_owned(), items.join(","))])
    }

    fn included(&self) -> impl Iterator<Item = String> {
        self.list("include").into_iter().map(|item| item.replace('-', "_"))
    }

    /// The page asked for. Numbers out of range are brought into range.
    pub fn page(&self) -> Page {
        let number =
            |name: &str, default: u64| self.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        Page {
            number: number("page[number]", 1).clamp(1, u64::from(u32::MAX)),
            size: number("page[size]", PAGE_SIZE_DEFAULT).clamp(1, PAGE_SIZE_MAX),
        }
    }

    /// Whether a page was asked for at all: some lists answer everything otherwise (api-contract 2.6).
    pub fn asks_for_a_page(&self) -> bool {
        self.get("page[number]").is_some() || self.get("page[size]").is_some()
    }

    fn without_page(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(self.0.iter().filter(|(key, _)| key != "page[number]" && key != "page[size]"));
        out.finish()
    }
}

/// The rest of a dotted path that begins with another one; empty when they are the same.
fn beneath<'a>(path: &'a str, first: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(first)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// One page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u64,
    /// Items a page, 1 to 100.
    pub size: u64,
}

impl Page {
    /// How many items come before this page.
    pub fn offset(self) -> i64 {
        i64::try_from((self.number - 1) * self.size).unwrap_or(i64::MAX)
    }

    /// How many items it holds at the most.
    pub fn limit(self) -> i64 {
        i64::try_from(self.size).unwrap_or(i64::MAX)
    }

    /// The page's place among `total_count` items; `url` is the list's absolute address without a query.
    pub fn of(self, total_count: u64, url: &str, query: &Query) -> Pagination {
        let rest = query.without_page();
        let url = if rest.is_empty() { format!("{url}?") } else { format!("{url}?{rest}&") };
        Pagination { page: self, length: Length::Known { total_count }, url }
    }

    /// The page's place in a list that nobody has counted (api-contract 4.3: the runs of an organization): it has
    /// neither totals nor a first and last page. `has_next` says whether more follows.
    pub fn uncounted(self, has_next: bool, url: &str, query: &Query) -> Pagination {
        Pagination { length: Length::Unknown { has_next }, ..self.of(0, url, query) }
    }
}

/// Where a page stands in its list.
#[derive(Debug, Clone)]
pub struct Pagination {
    page: Page,
    length: Length,
    url: String,
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Known { total_count: u64 },
    Unknown { has_next: bool },
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Numbers {
    current_page: u64,
    page_size: u64,
    prev_page: Option<u64>,
    next_page: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_pages: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_count: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct Meta {
    pagination: Numbers,
}

#[derive(Serialize)]
pub(crate) struct Links {
    #[serde(rename = "self")]
    this: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    prev: Option<String>,
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

impl Pagination {
    fn total_count(&self) -> Option<u64> {
        match self.length {
            Length::Known { total_count } => Some(total_count),
            Length::Unknown { .. } => None,
        }
    }

    fn total_pages(&self) -> Option<u64> {
        self.total_count().map(|count| count.div_ceil(self.page.size).max(1))
    }

    /// The page before: for a page beyond the end, the last one that exists.
    fn prev(&self) -> Option<u64> {
        let last = self.total_pages().unwrap_or(u64::MAX);
        (self.page.number > 1).then(|| (self.page.number - 1).min(last))
    }

    fn next(&self) -> Option<u64> {
        let has_next = match self.length {
            Length::Known { .. } => self.total_pages().is_some_and(|last| self.page.number < last),
            Length::Unknown { has_next } => has_next,
        };
        has_next.then(|| self.page.number + 1)
    }

    fn at(&self, number: u64) -> String {
        format!("{}page%5Bnumber%5D={number}&page%5Bsize%5D={}", self.url, self.page.size)
    }

    pub(crate) fn meta(&self) -> Meta {
        Meta {
            pagination: Numbers {
                current_page: self.page.number,
                page_size: self.page.size,
                prev_page: self.prev(),
                next_page: self.next(),
                total_pages: self.total_pages(),
                total_count: self.total_count(),
            },
        }
    }

    pub(crate) fn links(&self) -> Links {
        Links {
            this: self.at(self.page.number),
            first: self.total_pages().map(|_| self.at(1)),
            prev: self.prev().map(|number| self.at(number)),
            next: self.next().map(|number| self.at(number)),
            last: self.total_pages().map(|last| self.at(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_clamped() {
        let page = |text: &str| Query::parse(text).page();
        assert_eq!(page(""), Page { number: 1, size: 20 });
        assert_eq!(page("page%5Bnumber%5D=3&page[size]=500"), Page { number: 3, size: 100 });
        assert_eq!(page("page[number]=-4&page[size]=0"), Page { number: 1, size: 1 });
        assert_eq!(page("page[number]=99999999999999999999"), Page { number: 1, size: 20 });
    }

    #[test]
    fn includes_in_both_spellings() {
        let query = Query::parse("include=task-stages,configuration_version.ingress_attributes,,nonsense");
        assert!(query.includes("task_stages") && query.includes("configuration_version.ingress_attributes"));
        assert!(!query.includes("plan"));
    }

    #[test]
    fn a_nested_include_brings_what_lies_between() {
        let query = Query::parse("include=current_run.plan,latest-run.apply,current_run_of_others,project");
        assert!(query.includes("current_run") && query.includes("latest_run") && !query.includes("plan"));
        let of_runs = query.beneath(&["current_run", "latest_run"]);
        assert!(of_runs.includes("plan") && of_runs.includes("apply"));
        assert!(!of_runs.includes("project") && !of_runs.includes("current_run"));
        assert!(
            !query.beneath(&["project"]).includes("project") && !query.beneath(&["outputs"]).includes("")
        );
    }

    #[test]
    fn lists_are_short_and_have_no_item_twice() {
        let query =
            Query::parse(&format!("a=x,y,,x, y&b={}", (0..500).map(|n| format!("{n},")).collect::<String>()));
        assert_eq!(query.list("a"), ["x", "y"]);
        assert_eq!(query.list("b").len(), ITEMS_MAX);
        assert!(query.list("c").is_empty());
    }

    #[test]
    fn links_keep_the_filters() {
        let query = Query::parse("filter[status]=planned&page[number]=2");
        let pagination = query.page().of(41, "https://host/api/v2/x", &query);
        let links = pagination.links();
        assert_eq!(
            links.this,
            "https://host/api/v2/x?filter%5Bstatus%5D=planned&page%5Bnumber%5D=2&page%5Bsize%5D=20"
        );
        assert_eq!(pagination.meta().pagination.total_pages, Some(3));
        assert_eq!((pagination.prev(), pagination.next()), (Some(1), Some(3)));
    }

    #[test]
    fn a_list_that_is_not_counted_says_only_whether_more_follows() {
        let query = Query::parse("page[number]=2");
        let of = |has_next| query.page().uncounted(has_next, "https://host/x", &query);
        let last = of(false);
        assert_eq!((last.prev(), last.next(), of(true).next()), (Some(1), None, Some(3)));
        let (meta, links) = (serde_json::to_value(last.meta()), serde_json::to_value(last.links()));
        let (meta, links) = (meta.unwrap(), links.unwrap());
        assert!(meta["pagination"].get("total-count").is_none() && meta["pagination"]["next-page"].is_null());
        assert!(links.get("first").is_none() && links.get("last").is_none() && links["prev"].is_string());
    }

    #[test]
    fn a_page_beyond_the_end_keeps_its_number() {
        let query = Query::parse("page[number]=9");
        let pagination = query.page().of(3, "https://host/x", &query);
        let numbers = pagination.meta().pagination;
        assert_eq!((numbers.current_page, numbers.prev_page, numbers.next_page), (9, Some(1), None));
        assert_eq!(numbers.total_count, Some(3));
    }
}
