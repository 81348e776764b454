//! The agent against a server of the test's own, with the fake engine and the real ones.

mod adoption;
mod applies;
mod catalogue;
mod disk;
mod failures;
mod heartbeats;
mod jobs;
mod outages;
mod packages;
mod plans;
mod processes;
mod real;
mod real_packages;
mod refused_releases;
mod release_tree;
mod server;
mod shop;
mod states;
mod world;
