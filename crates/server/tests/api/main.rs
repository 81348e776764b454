//! Tests of the API, each on both databases. The files follow the URLs.

mod account;
mod discovery;
mod organizations;
mod projects;
mod support;
