//! `docs/routes.md`: every route, and where it differs from the official description. Written by `cargo xtask routes`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use terrane_server::platform::http::Route;
use terrane_server::router::routes;
use terrane_testkit::OpenApi;

/// Set by `cargo xtask routes`: the file is written in place of being compared.
const WRITE: &str = "TERRANE_WRITE_ROUTES";
const MEDIA_TYPE: &str = "application/vnd.api+json";

#[test]
fn it_is_up_to_date() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/routes.md");
    let wanted = text();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, wanted).expect("docs/ is writable");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/routes.md is not up to date: run `cargo xtask routes` and commit the file"
    );
}

fn text() -> String {
    let (ours, official) = (OpenApi::ours(), OpenApi::official());
    let mut all = routes();
    all.sort_by_key(|route| (route.path, route.method.as_str().to_owned()));
    let (mut table, mut differences, mut known) = (String::new(), String::new(), BTreeSet::new());
    for route in &all {
        let theirs = official.operation(route.method.as_str(), route.path);
        let id = theirs.map_or("–", |theirs| theirs["operationId"].as_str().unwrap_or_default());
        known.insert(id.to_owned());
        let (verb, path, own) = (&route.method, route.path, route.operation);
        _ = writeln!(table, "| {verb} | `{path}` | `{own}` | {:?} | {id} |", route.needs);
        let mine = ours.reached(verb.as_str(), path).filter(|_| theirs.is_some());
        if let (Some(theirs), Some((_, mine))) = (theirs, mine) {
            differences.push_str(&difference(route, (ours, mine), (official, theirs)));
        }
    }
    let missing = missing(official, &known);
    format!(
        "# Routes\n\nWritten by `cargo xtask routes` from the route table; a test compares. The API's description is \
         served at `/api/v2/openapi.json`.\n\n{} routes, {} of them in the official description.\n\n\
         | verb | path | operation | needs | official operation |\n|---|---|---|---|---|\n{table}\n\
         ## What the official description has besides\n\nOf routes that both have: query parameters and attributes of \
         requests that we do not read, attributes of answers that we do not write, other statuses.\n\n{differences}\n\
         ## Routes that only the official description has\n\n{missing}",
        all.len(),
        known.len() - 1,
    )
}

type Side<'a> = (&'a OpenApi, &'a Value);

fn difference(route: &Route, mine: Side<'_>, theirs: Side<'_>) -> String {
    let mut parts = Vec::new();
    let mut lacks = |what: &str, names: BTreeSet<String>| {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            parts.push(format!("{what} {}", names.join(", ")));
        }
    };
    lacks("query", &query(theirs) - &query(mine));
    lacks("request", &request(theirs) - &request(mine));
    lacks("answer", &answer(theirs) - &answer(mine));
    lacks("status", &statuses(theirs) - &statuses(mine));
    if parts.is_empty() {
        return String::new();
    }
    format!("- `{}`: {}\n", route.operation, parts.join("; "))
}

fn missing(official: &OpenApi, known: &BTreeSet<String>) -> String {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, item) in official.document()["paths"].as_object().into_iter().flatten() {
        for (verb, operation) in item.as_object().into_iter().flatten() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            if !known.contains(id) {
                let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
                groups.entry(tag).or_default().push(format!("{} `{path}`", verb.to_uppercase()));
            }
        }
    }
    let mut text = String::new();
    for (tag, routes) in groups {
        _ = writeln!(text, "- {tag}: {}", routes.join(", "));
    }
    text
}

fn query((file, operation): Side<'_>) -> BTreeSet<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(to) => file.document().pointer(&to[1..]).unwrap_or(&Value::Null),
            None => parameter,
        })
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
        .collect()
}

fn request((file, operation): Side<'_>) -> BTreeSet<String> {
    let mut names = attributes(file, &operation["requestBody"]["content"][MEDIA_TYPE]["schema"]);
    names.retain(|_, schema| schema["readOnly"] != true);
    names.into_keys().collect()
}

fn answer((file, operation): Side<'_>) -> BTreeSet<String> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let good = answers.filter(|(status, _)| status.starts_with('2'));
    good.flat_map(|(_, answer)| attributes(file, &answer["content"][MEDIA_TYPE]["schema"]))
        .filter(|(_, schema)| schema["writeOnly"] != true)
        .map(|(name, _)| name)
        .collect()
}

fn statuses((_, operation): Side<'_>) -> BTreeSet<String> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    answers.map(|(status, _)| status.clone()).filter(|status| status.starts_with(['2', '3'])).collect()
}

/// The attributes of a document's resource, or of the resources of its list, with their schemas.
fn attributes(file: &OpenApi, document: &Value) -> BTreeMap<String, Value> {
    let data = members(file, document).remove("data").unwrap_or_default();
    let one = if data["items"].is_null() { data } else { data["items"].clone() };
    let attributes = members(file, &one).remove("attributes").unwrap_or_default();
    members(file, &attributes)
}

/// The properties of a schema, wherever it refers to.
fn members(file: &OpenApi, schema: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.strip_prefix("#/components/schemas/")) {
        found.extend(members(file, file.schema(name).unwrap_or(&Value::Null)));
    }
    for part in
        ["allOf", "oneOf", "anyOf"].iter().flat_map(|key| schema[*key].as_array().into_iter().flatten())
    {
        found.extend(members(file, part));
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    found.extend(own.map(|(name, schema)| (name.clone(), schema.clone())));
    found
}
