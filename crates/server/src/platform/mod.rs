//! What no API resource owns.

pub mod access;
pub mod db;
pub mod http;
pub mod logs;
pub mod objects;
pub mod openapi;
pub mod ops;
pub mod pages;
pub mod scheduler;
pub mod secrets;
pub mod tls;
