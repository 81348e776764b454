//! What a request's headers tell about the program that sent it.

use crate::plans::model::EngineName;
use crate::workspaces::model::Client;
use axum::http::{HeaderMap, header};

/// Reads the headers that the engines send to their remote backend.
pub(super) fn read(headers: &HeaderMap) -> Client {
    Client { engine: engine(headers), is_cli: headers.contains_key("x-terraform-integration") }
}

fn engine(headers: &HeaderMap) -> Option<EngineName> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    if agent.starts_with("OpenTofu/") {
        Some(EngineName::Tofu)
    } else if agent.starts_with("go-tfe") && headers.contains_key("terraform-version") {
        Some(EngineName::Terraform)
    } else {
        None
    }
}
