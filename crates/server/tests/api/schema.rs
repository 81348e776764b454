//! One SQL for two databases: every statement is prepared on both, and the two schemas are one.

mod prepared;
mod tables;

use terrane_server::app::{all_list_shapes, all_statements};
use terrane_server::platform::scheduler::store::POSTGRES_STATEMENTS;
use terrane_testkit::{Database, TestServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_is_the_same_on_both() {
    let sqlite = TestServer::start(Database::Sqlite).await;
    let postgres = TestServer::start(Database::Postgres).await;
    let statements = all_statements().into_iter().map(str::to_owned).chain(all_list_shapes());
    let mut wrong = Vec::new();
    for statement in statements {
        let one = prepared::describe(&sqlite.app().db, &statement).await;
        let other = prepared::describe(&postgres.app().db, &statement).await;
        if let Some(difference) = prepared::difference(&one, &other) {
            wrong.push(format!("{difference}: {statement}"));
        }
    }
    for statement in POSTGRES_STATEMENTS {
        if let Err(error) = prepared::describe(&postgres.app().db, statement).await {
            wrong.push(format!("{error}: {statement}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    sqlite.end().await;
    postgres.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_schemas_are_one() {
    let sqlite = TestServer::start(Database::Sqlite).await;
    let postgres = TestServer::start(Database::Postgres).await;
    let (one, other) = (tables::read(&sqlite.app().db).await, tables::read(&postgres.app().db).await);
    assert!(one.len() > 100, "{one:#?}");
    assert_eq!(one, other);
    assert_eq!(tables::without_byte_order(&postgres.app().db).await, Vec::<String>::new());
    sqlite.end().await;
    postgres.end().await;
}

/// A statement that is in no list is not prepared above.
#[test]
fn no_statement_escapes_its_list() {
    let listed = all_statements().len();
    let sources = tables::sources_of_stores();
    let mut constants = 0;
    for (path, text) in &sources {
        let lists = text.split("STATEMENTS: &[&str] =").skip(1);
        let list = lists.filter_map(|rest| rest.split(';').next()).collect::<String>();
        for line in text.lines().filter(|line| line.starts_with("const ") && line.contains(": &str =")) {
            let name = line.trim_start_matches("const ").split(':').next().unwrap_or_default();
            if path.ends_with("store/list.rs") {
                assert!(text.contains("pub fn shapes()"), "{path} has no shapes()");
                continue;
            }
            constants += 1;
            let is_listed = list
                .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                .any(|word| word == name);
            assert!(is_listed || !is_statement(text, name), "{path}: {name} is in no list");
        }
    }
    assert!(constants > 80 && listed > 80, "{constants} constants, {listed} listed");
}

/// A constant whose text begins as SQL does, also where a macro writes the beginning.
fn is_statement(text: &str, name: &str) -> bool {
    let start = text.split(&format!("const {name}: &str =")).nth(1).unwrap_or_default().trim_start();
    ["\"SELECT", "\"INSERT", "\"UPDATE", "\"DELETE", "select!", "workspace_scope!"]
        .iter()
        .any(|word| start.starts_with(word))
}
