//! One SQL for two databases: SQLite and PostgreSQL behind one small set of types.
//!
//! Stores take `impl Exec`: `&Db` for reads, `&mut Tx` for everything that writes. `sqlx` is named only here and
//! in the stores.

mod count;
mod dialect;
mod error;
mod migrate;
pub mod pattern;
mod pool;
mod query;

pub use count::counted;
pub use dialect::Dialect;
pub use error::DbError;
pub use migrate::postgres_migrations;
pub use pool::{Db, Exec, Row, Tx};
pub use query::{Query, Value, sql, sql_in};
