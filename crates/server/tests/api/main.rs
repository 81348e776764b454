//! Tests of the API, each on both databases. The files follow the URLs.

mod account;
mod discovery;
mod engines;
mod organizations;
mod plans;
mod projects;
mod run_events;
mod runs;
mod support;
