//! Tests of the API, each on both databases. The files follow the URLs.

mod access;
mod account;
mod configuration_versions;
mod direct;
mod discovery;
mod documents;
mod http;
mod organizations;
mod projects;
mod races;
mod schema;
mod support;
mod uploads;
mod variables;
mod workspaces;
mod world;
