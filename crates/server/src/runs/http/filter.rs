//! The filters and searches of a run list (api-contract 4.3). A value that nothing has finds nothing.

use crate::clock::Time;
use crate::platform::http::ApiResult;
use crate::runs::mode::Operation;
use crate::runs::model::RunStatus;
use crate::runs::store::{Filter, Search};
use std::time::Duration;
use terrane_jsonapi::{Errors, Query};

/// What is searched for is not longer. SQLite fails on patterns of some ten thousand characters.
pub const SEARCH_CHARS_MAX: usize = 1000;
/// `filter[timeframe]=year`: the last twelve months.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads the filters of a query. `timeframe` is that of a list which is not told one.
///
/// # Errors
/// 400 for a text that is too long to be looked for.
pub fn filter(query: &Query, timeframe: Option<&str>, now: Time) -> ApiResult<Filter> {
    let texts = |name: &str| query.list(name).into_iter().map(str::to_owned).collect();
    let (since, until) = time_range(query.get("filter[timeframe]").or(timeframe), now);
    Ok(Filter {
        operations: operations(query),
        statuses: statuses(query),
        sources: texts("filter[source]"),
        workspaces: texts("filter[workspace_names]"),
        since,
        until,
        pools: texts("filter[agent_pool_names]"),
        search: search(query)?,
    })
}

/// Without a filter plan-only runs are left out.
fn operations(query: &Query) -> Vec<Operation> {
    let wanted = query.list("filter[operation]");
    let all = Operation::ALL.iter().copied();
    if wanted.is_empty() {
        return all.filter(|operation| *operation != Operation::PlanOnly).collect();
    }
    all.filter(|operation| wanted.contains(&operation.as_str())).collect()
}

/// A status that is asked for by name and in the group that is asked for; `None` when neither is.
fn statuses(query: &Query) -> Option<Vec<RunStatus>> {
    let (names, groups) = (query.list("filter[status]"), query.list("filter[status_group]"));
    if names.is_empty() && groups.is_empty() {
        return None;
    }
    let groups: Vec<Vec<RunStatus>> =
        groups.into_iter().map(|group| RunStatus::group(group).unwrap_or_default()).collect();
    let fits = |status: &RunStatus| {
        (names.is_empty() || names.contains(&status.as_str()))
            && (groups.is_empty() || groups.iter().any(|group| group.contains(status)))
    };
    Some(RunStatus::ALL.iter().copied().filter(fits).collect())
}

/// A year by its number, or `year` for the last one; anything else is no limit.
fn time_range(timeframe: Option<&str>, now: Time) -> (Option<Time>, Option<Time>) {
    match timeframe {
        Some("year") => {
            let micros = i64::try_from(YEAR.as_micros()).unwrap_or(i64::MAX);
            (Some(Time(now.0.saturating_sub(micros))), None)
        }
        Some(text) => match text.parse::<i16>() {
            Ok(year) => (new_year(year), new_year(year.saturating_add(1))),
            Err(_) => (None, None),
        },
        None => (None, None),
    }
}

fn new_year(year: i16) -> Option<Time> {
    Time::parse(&format!("{year:04}-01-01T00:00:00Z"))
}

/// `search[basic]` is ignored beside one of the others.
fn search(query: &Query) -> ApiResult<Option<Search>> {
    for name in ["search[commit]", "search[user]", "search[basic]"] {
        let Some(text) = query.get(name) else { continue };
        if text.chars().count() > SEARCH_CHARS_MAX {
            let detail = format!("{name} is longer than {SEARCH_CHARS_MAX} characters");
            return Err(Errors::malformed(detail).into());
        }
        let text = text.trim().to_owned();
        return Ok(Some(match name {
            "search[commit]" => Search::Commit(text, query.get("search[user]").map(str::to_owned)),
            "search[user]" => Search::User(text),
            _ => Search::Basic(text),
        }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_767_225_600_000_000);

    fn read(text: &str) -> Filter {
        filter(&Query::parse(text), None, NOW).unwrap()
    }

    #[test]
    fn plan_only_runs_are_asked_for() {
        assert!(!read("").operations.contains(&Operation::PlanOnly) && read("").operations.len() == 5);
        assert_eq!(read("filter[operation]=plan_only,destroy").operations.len(), 2);
        assert_eq!(read("filter[operation]=banana").operations, []);
    }

    #[test]
    fn statuses_by_name_and_by_group() {
        assert_eq!(read("").statuses, None);
        assert_eq!(read("filter[status]=planned,banana").statuses, Some(vec![RunStatus::Planned]));
        assert_eq!(read("filter[status_group]=discardable").statuses.map(|list| list.len()), Some(2));
        let both = read("filter[status_group]=final&filter[status]=planned,applied");
        assert_eq!(both.statuses, Some(vec![RunStatus::Applied]));
        assert_eq!(read("filter[status_group]=banana").statuses, Some(vec![]));
    }

    #[test]
    fn years_begin_at_new_year() {
        let range = |text: &str| (read(text).since, read(text).until);
        assert_eq!(range(""), (None, None));
        assert_eq!(range("filter[timeframe]=2025"), (new_year(2025), Some(NOW)));
        assert_eq!(range("filter[timeframe]=year"), (new_year(2025), None));
        assert_eq!(range("filter[timeframe]=banana"), (None, None));
        let default = filter(&Query::parse(""), Some("year"), NOW).unwrap();
        assert_eq!(default.since, new_year(2025));
    }

    #[test]
    fn a_basic_search_gives_way() {
        assert_eq!(read("search[basic]=a").search, Some(Search::Basic("a".into())));
        assert_eq!(read("search[basic]=a&search[user]=b").search, Some(Search::User("b".into())));
        let commit = |user: Option<&str>| Some(Search::Commit("b".into(), user.map(str::to_owned)));
        assert_eq!(read("search[basic]=a&search[commit]=b").search, commit(None));
        assert_eq!(read("search[user]=c&search[commit]=b").search, commit(Some("c")));
        assert_eq!(read("search[basic]=").search, None);
        let long = format!("search[basic]={}", "x".repeat(SEARCH_CHARS_MAX + 1));
        assert!(filter(&Query::parse(&long), None, NOW).is_err());
    }
}
