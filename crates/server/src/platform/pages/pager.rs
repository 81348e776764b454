//! Lists in several pages: `?page=N`, from 1.

use maud::{Markup, html};
use terrane_jsonapi::Query;

/// Nobody leafs further.
const NUMBER_MAX: u64 = 100_000;

/// The page that a query asks for; the first, where it asks for none that could be.
pub fn page_number(query: Option<&str>) -> u64 {
    let query = Query::parse(query.unwrap_or_default());
    let number = query.get("page").and_then(|text| text.parse().ok());
    number.filter(|number| (1..=NUMBER_MAX).contains(number)).unwrap_or(1)
}

/// The ways to the pages before and after.
pub fn pager(number: u64, has_next: bool) -> Markup {
    html! {
        @if number > 1 || has_next {
            nav.pages aria-label="Pages" {
                @if number > 1 { a rel="prev" href={ "?page=" (number - 1) } { "Before" } }
                span { "page " (number) }
                @if has_next { a rel="next" href={ "?page=" (number + 1) } { "After" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::page_number;

    #[test]
    fn what_is_no_number_is_the_first_page() {
        assert_eq!(page_number(Some("page=7")), 7);
        for query in [
            None,
            Some(""),
            Some("page=0"),
            Some("page=-1"),
            Some("page=x"),
            Some("page=99999999999999999999"),
        ] {
            assert_eq!(page_number(query), 1, "{query:?}");
        }
    }
}
