//! A real provider, from a mirror that the operator's CLI configuration names.

use super::on_engines;
use terrane_testkit::{Engines, Setup};

pub const WITH_MIRROR: Setup = Setup { engines: Engines::Real, configure: with_mirror };

/// `make test` fetches the provider and names the file.
fn with_mirror(config: &mut terrane_server::config::Config) {
    let path = std::env::var("TERRANE_TEST_PROVIDER_CONFIG")
        .expect("name the CLI configuration of the test's provider in TERRANE_TEST_PROVIDER_CONFIG (scripts/null-provider prints it)");
    config.engine_cli_config = Some(path.into());
}

on_engines!(a_provider_from_the_operator_s_mirror, crate::engines::provider::WITH_MIRROR, |bench| {
    let main = "terraform {\n  required_providers {\n    null = { source = \"hashicorp/null\" }\n  }\n}\n\
        resource \"null_resource\" \"x\" {\n  triggers = { a = \"b\" }\n}\n";
    let planned = bench.plan(main).await.finished();
    assert_eq!(planned.counts(), [1, 0, 0]);
    let json = bench.server.owner.plan_json(&planned.run).await;
    let provider = json["resource_changes"][0]["provider_name"].as_str().unwrap().to_owned();
    assert!(provider.ends_with("/hashicorp/null"), "{provider}");
});
