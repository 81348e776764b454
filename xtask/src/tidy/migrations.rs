//! Both databases have the same migrations: the same file names, numbered without gaps.

use crate::finding::Report;
use crate::tree::Tree;

const FOLDERS: [&str; 2] = ["migrations/postgres/", "migrations/sqlite/"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for (folder, other) in [(FOLDERS[0], FOLDERS[1]), (FOLDERS[1], FOLDERS[0])] {
        for (index, file) in tree.below(folder).enumerate() {
            let name = file.name();
            if tree.find(&format!("{other}{name}")).is_none() {
                let what_to_do = format!("write {other}{name} too, even if it only says why it is empty");
                report.problem(&file.path, 1, "a migration for one database only", &what_to_do);
            }
            let number = format!("{:04}_", index + 1);
            if !name.starts_with(&number) || !name.ends_with(".sql") {
                let what_to_do = format!("the next file here is {number}<what it does>.sql");
                report.problem(&file.path, 1, "a gap or a repetition in the numbers", &what_to_do);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(names: &[&str]) -> usize {
        let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "")).collect();
        let mut report = Report::default();
        check(&Tree::of(&files), &mut report);
        report.problems()
    }

    #[test]
    fn both_folders_hold_the_same_names() {
        assert_eq!(problems(&["migrations/postgres/0001_a.sql", "migrations/sqlite/0001_a.sql"]), 0);
        assert_eq!(problems(&["migrations/postgres/0001_a.sql"]), 1);
        assert_eq!(problems(&["migrations/postgres/0001_a.sql", "migrations/sqlite/0001_b.sql"]), 2);
    }

    #[test]
    fn numbers_have_no_gaps() {
        assert_eq!(problems(&["migrations/postgres/0002_a.sql", "migrations/sqlite/0002_a.sql"]), 2);
        let twice = ["migrations/postgres/0001_a.sql", "migrations/postgres/0001_b.sql"];
        assert_eq!(problems(&twice), 2 + 1);
    }
}
