//! What Terraform 1.11.4 and OpenTofu 1.12.6 planned, printed and returned (`tests/data/record.py`).

use serde_json::Value;
use terrane_plan_json::{Counts, Summary, summarize};

struct Recorded {
    case: String,
    exit_code: i64,
    line: Option<String>,
    summary: Summary,
}

const TERRAFORM: &str = include_str!("../data/terraform.jsonl");
const TOFU: &str = include_str!("../data/tofu.jsonl");

fn recorded(lines: &str) -> Vec<Recorded> {
    lines
        .lines()
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            Recorded {
                case: record["case"].as_str().unwrap().to_owned(),
                exit_code: record["exit_code"].as_i64().unwrap(),
                line: record["line"].as_str().map(str::to_owned),
                summary: summarize(record["document"].as_str().unwrap().as_bytes()).unwrap(),
            }
        })
        .collect()
}

fn all() -> Vec<Recorded> {
    let all: Vec<_> = recorded(TERRAFORM).into_iter().chain(recorded(TOFU)).collect();
    assert!(all.len() > 60, "only {} cases are recorded", all.len());
    all
}

/// `Plan: 1 to import, 2 to add, 3 to change, 4 to destroy, 5 to forget.`
fn printed(line: &str) -> Counts {
    let mut counts = Counts::default();
    for part in line.trim_start_matches("Plan: ").trim_end_matches('.').split(", ") {
        let (number, verb) = part.split_once(' ').unwrap();
        let number = number.parse().unwrap();
        match verb {
            "to import" => counts.imports = number,
            "to add" => counts.additions = number,
            "to change" => counts.changes = number,
            "to destroy" => counts.destructions = number,
            // Only OpenTofu says this, and the API has no field for it.
            "to forget" => {}
            other => panic!("the line has an unknown part: {other}"),
        }
    }
    counts
}

#[test]
fn counts_are_those_of_the_printed_line() {
    for recorded in all() {
        let expected = recorded.line.as_deref().map_or_else(Counts::default, printed);
        assert_eq!(recorded.summary.counts, expected, "{}", recorded.case);
    }
}

#[test]
fn has_changes_is_what_the_exit_code_says() {
    for recorded in all() {
        let Recorded { case, exit_code, summary, .. } = &recorded;
        match exit_code {
            0 => assert!(!summary.has_changes, "{case}"),
            // A plan with nothing but a data source to read counts as a change where the engine says
            // so, and as none where it does not say.
            2 if case == "read_only" || case == "read_in_check" => {
                assert_eq!(summary.has_changes, summary.applyable == Some(true), "{case}");
            }
            2 => assert!(summary.has_changes, "{case}"),
            _ => assert!(summary.errored, "{case}"),
        }
        assert_eq!(summary.errored, case.contains("errored"), "{case}");
        assert_eq!(summary.generated_configuration, case == "import_generate", "{case}");
    }
}

#[test]
fn errored_plans_keep_what_was_found() {
    for recorded in all().iter().filter(|recorded| recorded.summary.errored) {
        let found = recorded.case != "errored_without_changes";
        assert_eq!(recorded.summary.has_changes, found, "{}", recorded.case);
        assert_ne!(recorded.summary.applyable, Some(true), "{}", recorded.case);
    }
}

#[test]
fn only_terraform_says_whether_a_plan_is_applyable() {
    assert!(recorded(TERRAFORM).iter().all(|recorded| recorded.summary.applyable.is_some()));
    assert!(recorded(TOFU).iter().all(|recorded| recorded.summary.applyable.is_none()));
}

#[test]
fn without_the_engines_word_the_answer_is_the_same() {
    let without = TERRAFORM.replace(r#"\"applyable\":"#, r#"\"other\":"#);
    for (with, without) in recorded(TERRAFORM).iter().zip(recorded(&without)) {
        assert_eq!(without.summary.applyable, None);
        if !with.case.starts_with("read_") || with.case == "read_and_replace" {
            assert_eq!(with.summary.has_changes, without.summary.has_changes, "{}", with.case);
        }
    }
}
