//! The agent against a server of the test's own, with the fake engine and the real ones.

mod adoption;
mod applies;
mod disk;
mod failures;
mod heartbeats;
mod jobs;
mod outages;
mod plans;
mod processes;
mod real;
mod server;
mod states;
mod world;
