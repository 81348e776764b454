//! `terrane cli-config`: how tofu and terraform find a server that they cannot look up.

use crate::cli::CliConfigArgs;
use crate::server::public_url;
use anyhow::{Context, bail};
use serde_json::Value;
use std::io::Write;

/// Prints it.
pub fn run(args: &CliConfigArgs) -> anyhow::Result<()> {
    let server = public_url(args.server.clone())?;
    if !is_host(&args.host) {
        bail!("{:?} is no host name; use letters, digits, dots and - with --host NAME", args.host);
    }
    let token = match &args.token_file {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| {
                format!("cannot read the token file {path}; name one that exists with --token-file FILE")
            })?;
            Some(
                token(text.trim())
                    .with_context(|| format!("the token file {path} does not hold one token alone"))?,
            )
        }
    };
    let text = text(server.trim_end_matches('/'), &args.host, token.as_deref());
    std::io::stdout().write_all(text.as_bytes()).context("cannot print")
}

/// What discovery answers, with every address made whole: a mapped host is never asked.
fn text(server: &str, host: &str, token: Option<&str>) -> String {
    let mut text = format!("host \"{host}\" {{\n  services = {{\n");
    for (name, value) in terrane_server::discovery() {
        text.push_str(&format!("    \"{name}\" = {}\n", hcl(server, &value)));
    }
    text.push_str("  }\n}\n");
    if let Some(token) = token {
        text.push_str(&format!("\ncredentials \"{host}\" {{\n  token = \"{token}\"\n}}\n"));
    }
    text
}

/// As the CLIs' configuration files have it: JSON, but for `=` in place of `:`. Addresses are made whole.
fn hcl(server: &str, value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with('/') => Value::from(format!("{server}{text}")).to_string(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("\"{key}\" = {}", hcl(server, value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
        && text.len() <= 253
}

fn token(text: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (!text.is_empty() && text.bytes().all(fits)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_whole() {
        let text = text("http://127.0.0.1:8080", "terrane.localhost", Some("trn_x"));
        assert!(text.starts_with("host \"terrane.localhost\" {\n  services = {\n"), "{text}");
        assert!(text.contains("    \"tfe.v2.1\" = \"http://127.0.0.1:8080/api/v2/\"\n"), "{text}");
        assert!(text.contains("  token = \"trn_x\"\n"), "{text}");
        assert!(text.contains("\"token\" = \"http://127.0.0.1:8080/oauth/token\", "), "{text}");
        assert!(text.contains("\"ports\" = [10000,10010] }\n"), "{text}");
        assert!(!text.contains("\"/"), "{text}");
    }

    #[test]
    fn what_would_break_the_file_is_refused() {
        assert!(!is_host("a\"b") && !is_host("") && !is_host("a b") && is_host("localhost:8443"));
        assert!(token("a\nb").is_none() && token("").is_none() && token("trn_aZ9.x-y").is_some());
    }
}
