//! Which part of the server may know what: SQL only in the stores, HTTP only at the edge.

use crate::finding::Report;
use crate::tree::{SourceFile, Tree};

const SERVER: &str = "crates/server/src/";

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in tree.below(SERVER).filter(|file| file.is_rust()) {
        let inside = Inside::new(file);
        if !inside.may_know_sql() {
            let what_to_do = "move the query to the domain's store (only platform/db/ and store* know sqlx)";
            outside(file, "sqlx", "a store", what_to_do, report);
        }
        if !inside.may_know_http() {
            let what_to_do =
                "move it to http* or view* (only these, app, router, start and platform/http/ know axum)";
            outside(file, "axum", "the edge", what_to_do, report);
        }
    }
}

/// One finding for a file, at the first line.
fn outside(file: &SourceFile, name: &str, border: &str, what_to_do: &str, report: &mut Report) {
    if let Some(line) = file.rust().lines_with(name).first() {
        report.problem(&file.path, *line, &format!("`{name}` outside {border}"), what_to_do);
    }
}

/// The parts of a path inside the server's source folder.
struct Inside<'a>(Vec<&'a str>);

impl<'a> Inside<'a> {
    fn new(file: &'a SourceFile) -> Self {
        Self(file.parts().split_off(SERVER.matches('/').count()))
    }

    fn may_know_sql(&self) -> bool {
        self.0.starts_with(&["platform", "db"]) || self.has_part(&["store"])
    }

    fn may_know_http(&self) -> bool {
        let first = self.0.first().copied().unwrap_or_default();
        ["app", "router", "start"].contains(&first) || self.has_part(&["http", "view"])
    }

    /// Is a part one of these names, or one of them with more after an underscore?
    fn has_part(&self, names: &[&str]) -> bool {
        let fits = |part: &str| {
            names
                .iter()
                .any(|name| part.strip_prefix(name).is_some_and(|e| e.is_empty() || e.starts_with('_')))
        };
        self.0.iter().any(|part| fits(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> usize {
        let mut report = Report::default();
        check(&Tree::of(&[(path, text)]), &mut report);
        report.problems()
    }

    #[test]
    fn sql_is_for_stores() {
        let text = "//! A.\nuse sqlx::Row;\n";
        for path in ["plans/store.rs", "plans/store/list.rs", "plans/store_list.rs", "platform/db/pool.rs"] {
            assert_eq!(problems(&format!("crates/server/src/{path}"), text), 0, "{path}");
        }
        for path in ["plans/http.rs", "plans/model.rs", "lib.rs", "plans/storage.rs"] {
            assert_eq!(problems(&format!("crates/server/src/{path}"), text), 1, "{path}");
        }
        assert_eq!(problems("crates/testkit/src/lib.rs", text), 0);
    }

    #[test]
    fn http_is_for_the_edge() {
        let text = "//! axum is only named here\nuse axum::Router;\n";
        let edge =
            ["app.rs", "router.rs", "start.rs", "plans/http.rs", "plans/http/show.rs", "plans/view/page.rs"];
        for path in edge.into_iter().chain(["platform/http/error.rs"]) {
            assert_eq!(problems(&format!("crates/server/src/{path}"), text), 0, "{path}");
        }
        for path in ["plans/store.rs", "plans/model.rs", "platform/logs/append.rs", "plans/viewer.rs"] {
            assert_eq!(problems(&format!("crates/server/src/{path}"), text), 1, "{path}");
        }
    }
}
