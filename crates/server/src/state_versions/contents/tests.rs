//! Files as engines write them, and files that nobody writes.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn state() -> String {
    json!({ "version": 4, "terraform_version": "1.12.6", "serial": 7, "lineage": "abc",
        "outputs": {
            "b": { "value": ["x"], "type": ["list", "string"], "sensitive": true },
            "a": { "value": "secret", "type": "string" },
            "c": { "value": { "k": 1 } },
            "d": { "value": null, "type": "number" } },
        "resources": [
            { "mode": "managed", "type": "terraform_data", "name": "b", "provider": "p",
              "instances": [{ "index_key": 0, "attributes": { "deep": [[[1]]] } }, { "index_key": 1 }] },
            { "mode": "managed", "module": "module.a[\"x\"]", "type": "terraform_data", "name": "c", "provider": "p",
              "instances": [{ "index_key": "k\"${y" }, {}] },
            { "mode": "data", "type": "http", "name": "d", "provider": "q", "instances": [{}] }],
        "check_results": null })
    .to_string()
}

#[test]
fn a_file_of_format_4() {
    let contents = read(state().as_bytes()).unwrap();
    assert_eq!(
        (contents.format_version, contents.serial, contents.lineage.as_deref()),
        (4, Some(7), Some("abc"))
    );
    assert_eq!(contents.terraform_version.as_deref(), Some("1.12.6"));
    let resources: Vec<_> =
        contents.resources.iter().map(|one| (one.kind.as_str(), one.module.as_str(), one.count)).collect();
    let expected =
        [("terraform_data", "root", 2), ("terraform_data", "module.a[\"x\"]", 2), ("data.http", "root", 1)];
    assert_eq!(resources, expected);
    assert_eq!(contents.resource_count(), 4);
    let outputs: Vec<_> = contents
        .outputs
        .iter()
        .map(|one| {
            (one.name.as_str(), one.sensitive, one.kind, one.detailed_type.as_str(), one.value.as_str())
        })
        .collect();
    let expected = [
        ("a", false, "string", "\"string\"", "\"secret\""),
        ("b", true, "array", "[\"list\",\"string\"]", "[\"x\"]"),
        ("c", false, "object", "[\"object\",{\"k\":\"number\"}]", "{\"k\":1}"),
        ("d", false, "number", "\"number\"", "null"),
    ];
    assert_eq!(outputs, expected);
    assert!(!format!("{contents:?}").contains("secret"));
}

#[test]
fn addresses_are_as_engines_print_them() {
    let found: Vec<_> = addresses(state().as_bytes()).unwrap().into_iter().collect();
    let expected = [
        "data.http.d",
        "module.a[\"x\"].terraform_data.c",
        "module.a[\"x\"].terraform_data.c[\"k\\\"$${y\"]",
        "terraform_data.b[0]",
        "terraform_data.b[1]",
    ];
    assert_eq!(found, expected);
    let one = |key: &str| {
        let resource = json!({ "type": "t", "name": "n", "instances": [{ "index_key": key }] });
        let state = json!({ "version": 4, "resources": [resource] }).to_string();
        addresses(state.as_bytes()).unwrap().pop_first().unwrap()
    };
    for (key, printed) in [
        ("a'b", r#"t.n["a'b"]"#),
        ("é e\u{301}", "t.n[\"é e\u{301}\"]"),
        ("\n\t\u{7}\u{a0}\u{e000}", r#"t.n["\n\t\u0007\u00a0\ue000"]"#),
        ("%{if}$$", r#"t.n["%%{if}$$"]"#),
        ("\u{10ffff}", r#"t.n["\U0010ffff"]"#),
        ("\u{301}", "t.n[\"\u{301}\"]"),
    ] {
        assert_eq!(one(key), printed);
    }
}

#[test]
fn a_file_of_format_3() {
    let state = json!({ "version": 3, "terraform_version": "0.11.11", "serial": 2, "lineage": "l", "modules": [
        { "path": ["root"], "outputs": { "o": { "sensitive": false, "type": "list", "value": ["x"] } },
          "resources": { "null_resource.a.0": { "type": "null_resource", "provider": "provider.null" },
            "null_resource.a.1": { "type": "null_resource" }, "data.http.b": {} } },
        { "path": ["root", "m"], "outputs": {}, "resources": { "null_resource.c": {} } }] });
    let contents = read(state.to_string().as_bytes()).unwrap();
    let counts: Vec<_> =
        contents.resources.iter().map(|one| (one.kind.as_str(), one.module.as_str(), one.count)).collect();
    assert_eq!(
        counts,
        [("data.http", "root", 1), ("null_resource", "root", 2), ("null_resource", "module.m", 1)]
    );
    assert_eq!(contents.outputs[0].detailed_type, r#"["tuple",["string"]]"#);
    let found: Vec<_> = addresses(state.to_string().as_bytes()).unwrap().into_iter().collect();
    assert_eq!(
        found,
        ["data.http.b", "module.m.null_resource.c", "null_resource.a[0]", "null_resource.a[1]"]
    );
}

#[test]
fn what_is_no_state_is_refused_in_words() {
    for text in [
        "",
        "{",
        "[]",
        "7",
        "null",
        "{}",
        r#"{"version":4"#,
        r#"{"version":"4"}"#,
        r#"{"version":5}"#,
        r#"{"version":0}"#,
        r#"{"version":4,"resources":7}"#,
        r#"{"version":4,"outputs":[]}"#,
        r#"{"version":4,"serial":1.5}"#,
        r#"{"version":4} x"#,
        r#"{"version":4,"version":4}"#,
        r#"{"version":4,"outputs":{"a\u0000":{"value":1}}}"#,
        "\u{feff}{\"version\":4}",
        "\0",
        r#"{"version":4,"resources":[{"name":"a"}]}"#,
        r#"{"version":4,"lineage":"\ud800"}"#,
    ] {
        let error = read(text.as_bytes()).expect_err(text).to_string();
        assert!(error.starts_with("it ") || error.starts_with("the name"), "{error}");
    }
    let deep = format!(
        r#"{{"version":4,"outputs":{{"a":{{"value":{}{}}}}}}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert_eq!(read(deep.as_bytes()).unwrap().outputs[0].kind, "dynamic");
    assert!(check_json("{\"a\":[1]}".as_bytes()).is_ok() && check_json("{\"a\":[1]} x".as_bytes()).is_err());
}

#[test]
fn only_the_top_serial_changes() {
    let before = "{ \"a\": {\"serial\": 1},\n  \"serial\" :  12 ,\"b\":\"\\u00e9 \\\"serial\\\": 9\" }\n";
    let after = String::from_utf8(with_serial(before.as_bytes(), 345).unwrap()).unwrap();
    assert_eq!(after, before.replace("12 ,", "345 ,"));
    assert!(with_serial(b"{}", 1).is_err() && with_serial(b"{\"serial\":1,\"serial\":2}", 1).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (read(bytes.as_slice()), addresses(bytes.as_slice()), with_serial(&bytes, 1));
    }

    #[test]
    fn a_cut_or_changed_file_is_answered(at in 0_usize..700, byte in any::<u8>(), is_cut in any::<bool>()) {
        let mut bytes = state().into_bytes();
        let at = at % bytes.len();
        if is_cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = addresses(bytes.as_slice());
        if read(bytes.as_slice()).is_ok() {
            prop_assert!(!is_cut);
        }
    }
}
