//! The control plane: API, scheduler, storage.
//!
//! | folder | API resource |
//! |---|---|
//! | [`plans`] | `plans`, the heart: states, counts, log URL, JSON plan |
//! | [`runs`], [`run_events`], [`comments`], [`run_triggers`] | `runs`, `run-events`, `comments`, `run-triggers` |
//! | [`applies`] | `applies`: started once, ever |
//! | [`configuration_versions`], [`ingress_attributes`] | `configuration-versions`, `ingress-attributes` |
//! | [`state_versions`], [`state_version_outputs`] | `state-versions`, `state-version-outputs` |
//! | [`workspaces`], [`variables`], [`varsets`] | `workspaces`, `vars`, `varsets` |
//! | [`tags`], [`tag_bindings`], [`ssh_keys`] | `tags`, `tag-bindings`, `ssh-keys` of workspaces and projects |
//! | [`workspace_resources`] | `resources` of a workspace's current state |
//! | [`organizations`], [`projects`] | `organizations`, `projects`, `entitlement-sets` |
//! | [`users`], [`tokens`] | `users`, `authentication-tokens` |
//! | [`sessions`], [`passwords`], [`invitations`], [`oauth`] | pages: who signs in, and how; the command line, too |
//! | [`agents`] | agents, and what they call (crate `terrane-wire`) |
//! | [`platform`] | what no resource owns: access, database, HTTP, logs, objects, scheduler, secrets |
//!
//! Inside a folder: `model.rs` has states and rules, `store.rs` all SQL, `http.rs` routes and documents, and a verb
//! (`create.rs`, `cancel.rs`, `ingest.rs`) is one operation of several steps.

pub mod agents;
pub mod app;
pub mod applies;
pub mod clock;
pub mod comments;
pub mod config;
pub mod configuration_versions;
pub mod execution_mode;
pub mod ids;
pub mod ingress_attributes;
pub mod invitations;
pub mod oauth;
pub mod organizations;
pub mod passwords;
pub mod plans;
pub mod platform;
pub mod projects;
pub mod provider_schemas;
pub mod recoverable_items;
pub mod router;
pub mod run_events;
pub mod run_triggers;
pub mod runs;
pub mod sessions;
pub mod ssh_keys;
mod start;
pub mod state_version_outputs;
pub mod state_versions;
mod status_times;
pub mod tag_bindings;
pub mod tags;
pub mod terraform_versions;
mod text_enum;
pub mod tokens;
pub mod users;
pub mod variables;
pub mod varsets;
pub mod workspace_resources;
pub mod workspaces;

pub use platform::ops::discovery;
pub use start::{Passed, Server};
