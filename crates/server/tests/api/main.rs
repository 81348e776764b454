//! Tests of the API, each on both databases. The files follow the URLs.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

mod access;
mod account;
mod agents;
mod applies;
mod codes;
mod configuration_versions;
mod direct;
mod discovery;
mod documents;
mod engines;
mod http;
mod limits;
mod lost_updates;
mod organizations;
mod plans;
mod projects;
mod queries;
mod races;
mod recoverable_items;
mod run_events;
mod run_triggers;
mod runs;
mod schema;
mod ssh_keys;
mod state_versions;
mod support;
mod tag_bindings;
mod tags;
mod terraform_versions;
mod uploads;
mod variables;
mod varsets;
mod workspace_resources;
mod workspaces;
mod world;
