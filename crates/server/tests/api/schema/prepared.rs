//! A statement as a database describes it after preparing it.

use sqlx::{AssertSqlSafe, Column, Database, Either, Executor, SqlSafeStr, Statement, TypeInfo};
use terrane_server::platform::db::Db;

/// What both databases must agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Name and type of each column of an answer; SQLite knows no type of an expression.
    columns: Vec<(String, Option<&'static str>)>,
    parameters: usize,
    /// The types PostgreSQL derives; SQLite derives none.
    parameter_types: Vec<&'static str>,
}

/// Prepares a statement; what the database says when it cannot.
pub async fn describe(db: &Db, statement: &str) -> Result<Described, String> {
    match db {
        Db::Postgres(pool) => prepare(pool, statement).await,
        Db::Sqlite { write, .. } => prepare(write, statement).await,
    }
}

async fn prepare<'c, E>(executor: E, statement: &str) -> Result<Described, String>
where
    E: Executor<'c> + 'c,
    for<'a> <E::Database as Database>::Statement: Statement<Database = E::Database>,
{
    let text = AssertSqlSafe(statement.to_owned()).into_sql_str();
    let prepared = executor.prepare(text).await.map_err(|error| error.to_string())?;
    let columns = prepared.columns().iter();
    let columns = columns
        .map(|column| Ok((column.name().to_owned(), shared_type(column.type_info().name())?)))
        .collect::<Result<_, String>>()?;
    let (parameters, types) = match prepared.parameters() {
        Some(Either::Left(types)) => (types.len(), types.iter().map(|kind| kind.name().to_owned()).collect()),
        Some(Either::Right(count)) => (count, Vec::new()),
        None => (0, Vec::new()),
    };
    let parameter_types = types
        .iter()
        .filter_map(|name: &String| shared_type(name).transpose())
        .collect::<Result<_, String>>()?;
    Ok(Described { columns, parameters, parameter_types })
}

/// The four types that both databases have, under one name; `None` where SQLite knows none. Any other type, such as
/// PostgreSQL's `INT4` or `NUMERIC` of an uncast expression, is read differently on the two.
fn shared_type(name: &str) -> Result<Option<&'static str>, String> {
    match name {
        "TEXT" => Ok(Some("text")),
        "INT8" | "BIGINT" | "INTEGER" => Ok(Some("integer")),
        "BOOL" | "BOOLEAN" => Ok(Some("boolean")),
        "BYTEA" | "BLOB" => Ok(Some("bytes")),
        "NULL" => Ok(None),
        other => Err(format!("a type that not both databases have: {other}")),
    }
}

/// How two descriptions differ; a type that one does not know is no difference.
pub fn difference(one: &Result<Described, String>, other: &Result<Described, String>) -> Option<String> {
    let (one, other) = match (one, other) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(error), _) => return Some(format!("SQLite: {error}")),
        (_, Err(error)) => return Some(format!("PostgreSQL: {error}")),
    };
    if one.parameters != other.parameters {
        return Some(format!("{} parameters, {} on PostgreSQL", one.parameters, other.parameters));
    }
    let fits = |((name, kind), (other_name, other_kind)): (&(String, Option<_>), &(String, Option<_>))| {
        (name == other_name || is_unnamed(name)) && (kind.is_none() || kind == other_kind)
    };
    let all_fit =
        one.columns.len() == other.columns.len() && one.columns.iter().zip(&other.columns).all(fits);
    (!all_fit).then(|| format!("{:?}, {:?} on PostgreSQL", one.columns, other.columns))
}

/// An expression without `AS`: SQLite names it by its text.
fn is_unnamed(name: &str) -> bool {
    name.contains('(')
}

#[test]
fn a_difference_is_seen() {
    let described = |name: &str, kind| {
        Ok(Described { columns: vec![(name.to_owned(), kind)], parameters: 0, parameter_types: Vec::new() })
    };
    let (text, number) = (described("a", Some("text")), described("a", Some("integer")));
    assert_eq!(difference(&text, &text), None);
    assert_eq!(difference(&described("a", None), &number), None);
    assert!(difference(&text, &number).is_some());
    assert!(difference(&text, &described("b", Some("text"))).is_some());
    assert!(difference(&text, &Err("no such table".to_owned())).is_some());
    assert!(shared_type("NUMERIC").is_err() && shared_type("INT4").is_err());
}
