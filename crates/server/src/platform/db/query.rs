//! A statement with its values.

use crate::clock::Time;
use sqlx::encode::Encode;
use sqlx::types::Type;
use sqlx::{Arguments as _, Database, IntoArguments};
use std::borrow::Cow;

/// A bound value: the four column types both databases share.
#[derive(Debug, Clone)]
pub enum Value {
    /// `TEXT`.
    Text(Option<String>),
    /// `BIGINT`.
    Int(Option<i64>),
    /// `BOOLEAN`.
    Bool(Option<bool>),
    /// `BYTEA` or `BLOB`.
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident, $convert:expr;)+) => { $(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )+ };
}

value_from! {
    &str => Text, str::to_owned;
    String => Text, |text| text;
    &String => Text, String::clone;
    i64 => Int, |number| number;
    Time => Int, |time: Time| time.0;
    bool => Bool, |flag| flag;
    Vec<u8> => Bytes, |bytes| bytes;
    &[u8] => Bytes, <[u8]>::to_vec;
}

/// A statement and its values, in the order of `$1`, `$2`, …
#[derive(Debug, Clone)]
pub struct Query {
    pub(super) sql: Cow<'static, str>,
    pub(super) args: Args,
}

/// Begins a query. The text is a constant, or built from constants in a `store/list.rs`.
pub fn sql(text: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: text.into(), args: Args(Vec::new()) }
}

/// A statement whose one value stands in `IN ($1)`, with as many values as there are; they must be some, and no more than
/// a page holds.
pub fn sql_in(text: &'static str, values: impl IntoIterator<Item = Value>) -> Query {
    let values: Vec<Value> = values.into_iter().collect();
    let places: Vec<String> = (1..=values.len()).map(|place| format!("${place}")).collect();
    let text = text.replace("IN ($1)", &format!("IN ({})", places.join(", ")));
    values.into_iter().fold(sql(text), Query::bind)
}

impl Query {
    /// Adds the next value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.args.0.push(value.into());
        self
    }
}

/// The values, as sqlx takes them on either database.
#[derive(Debug, Clone)]
pub(super) struct Args(Vec<Value>);

impl<DB: Database> IntoArguments<DB> for Args
where
    Option<String>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<bool>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<Vec<u8>>: for<'q> Encode<'q, DB> + Type<DB>,
{
    fn into_arguments(self) -> DB::Arguments {
        let mut arguments = DB::Arguments::default();
        for value in self.0 {
            let added = match value {
                Value::Text(text) => arguments.add(text),
                Value::Int(number) => arguments.add(number),
                Value::Bool(flag) => arguments.add(flag),
                Value::Bytes(bytes) => arguments.add(bytes),
            };
            added.expect("these four types always encode");
        }
        arguments
    }
}
