//! Documents that are almost a plan.

use std::io::{self, Read};

use terrane_plan_json::{Error, Summary, summarize};

fn read(document: &str) -> Result<Summary, Error> {
    summarize(document.as_bytes())
}

/// A plan with one more member in front.
fn with(member: &str) -> Result<Summary, Error> {
    read(&format!(r#"{{{member},"format_version":"1.2","configuration":{{}}}}"#))
}

#[test]
fn an_empty_plan_is_a_plan() {
    let summary = read(" {\n\"format_version\" : \"1.0\" ,\t\"planned_values\":{} } \r\n").unwrap();
    assert!(!summary.has_changes);
    assert_eq!(summary.engine_version, None);
}

#[test]
fn other_documents_are_not_plans() {
    for document in
        ["{}", r#"{"plan_format_version":"1.2","resource_changes":[]}"#, r#"{"format_version":null}"#]
    {
        assert!(matches!(read(document), Err(Error::NotAPlan { missing: "format_version" })), "{document}");
    }
    let state = r#"{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{}}}"#;
    assert!(matches!(read(state), Err(Error::NotAPlan { .. })));
    let later = r#"{"format_version":"2.0","configuration":{}}"#;
    assert!(matches!(read(later), Err(Error::UnknownFormat { version }) if version == "2.0"));
}

#[test]
fn what_is_not_an_object_is_refused() {
    for document in ["[]", "null", "1", "\"a\"", "\u{feff}{}", "x"] {
        assert!(matches!(read(document), Err(Error::Syntax { .. })), "{document}");
    }
    assert!(matches!(read(""), Err(Error::Truncated { offset: 0 })));
    assert!(matches!(read("  "), Err(Error::Truncated { offset: 2 })));
}

#[test]
fn trailing_data_is_refused() {
    for more in ["x", "{}", "}", ",", "\0"] {
        let document = format!("{{\"format_version\":\"1.2\",\"configuration\":{{}}}} \n{more}");
        assert!(matches!(read(&document), Err(Error::TrailingData { .. })), "{more:?}");
    }
}

#[test]
fn faults_between_values_are_refused() {
    for member in [
        r#""a" 1"#,
        r#""a":"#,
        r#""a":1 2"#,
        r#""a":1,"#,
        r#""a":{]"#,
        r#""a":[}"#,
        r#""a":tru"#,
        r#""a":01"#,
        r#""a":-"#,
        r#""a":+1"#,
        r#"a:1"#,
        r#""\x":1"#,
        r#""resource_changes":[,]"#,
        r#""resource_changes":[1,]"#,
        r#""output_changes":{"a"}"#,
        r#""output_changes":{a:1}"#,
    ] {
        assert!(with(member).is_err(), "{member}");
    }
}

#[test]
fn sections_must_have_their_shape() {
    for member in [r#""resource_changes":{}"#, r#""resource_changes":1"#, r#""output_changes":[]"#] {
        assert!(matches!(with(member), Err(Error::SectionShape { .. })), "{member}");
    }
    assert!(with(r#""resource_changes":null,"output_changes":null,"applyable":null"#).is_ok());
    for member in [
        r#""resource_changes":[null]"#,
        r#""resource_changes":[{}]"#,
        r#""resource_changes":[{"mode":"managed","change":null}]"#,
        r#""resource_changes":[{"mode":"managed","change":{}}]"#,
        r#""resource_changes":[{"change":{"actions":["create"]}}]"#,
        r#""resource_changes":[{"mode":"managed","mode":"data","change":{"actions":["create"]}}]"#,
        r#""resource_changes":[{"mode":"managed","change":{"actions":"create"}}]"#,
        r#""resource_changes":[{"mode":"managed","change":{"actions":["create"],"after":tru}}]"#,
        r#""applyable":"yes""#,
        r#""format_versions":1,"errored":1"#,
    ] {
        assert!(matches!(with(member), Err(Error::Element { .. })), "{member}");
    }
}

#[test]
fn a_repeated_section_is_refused() {
    let again = r#""resource_changes":[],"resource_\u0063hanges":[]"#;
    assert!(matches!(with(again), Err(Error::DuplicateSection { section: "resource_changes" })));
    assert!(matches!(with(r#""format_version":"1.1""#), Err(Error::DuplicateSection { .. })));
}

#[test]
fn half_surrogate_pairs_are_read_over() {
    let summary = with(
        r#""\ud800":1,"resource_changes":[{"\udfff":0,"mode":"managed","change":{"\ud800x":"\ud800",
           "actions":["create"],"after":{"\ud800":"\udc00\ud800"}}}],
           "output_changes":{"\ud800":{"actions":["no-op"]}},"terraform_version":"1\ud800""#,
    );
    let summary = summary.unwrap();
    assert_eq!(summary.counts.additions, 1);
    assert!(summary.engine_version.unwrap().starts_with('1'));
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let skipped = with(&format!(r#""prior_state":{open}{close}"#));
        // Three levels are around what an element's change holds.
        let (open, close) = (&open[3..], &close[3..]);
        let read = with(&format!(
            r#""resource_changes":[{{"mode":"data","change":{{"actions":["read"],"after":{open}{close}}}}}]"#
        ));
        (skipped, read)
    };
    let (skipped, read) = nested(255);
    assert!(skipped.is_ok() && read.is_ok(), "{skipped:?} {read:?}");
    let (skipped, read) = nested(256);
    assert!(matches!(skipped, Err(Error::TooDeep { limit: 256, .. })));
    assert!(matches!(read, Err(Error::TooDeep { limit: 256, .. })));
    let (skipped, _) = nested(100_000);
    assert!(matches!(skipped, Err(Error::TooDeep { limit: 256, .. })));
}

#[test]
fn errors_do_not_repeat_the_document() {
    for member in [
        r#""resource_changes":[{"mode":"managed","change":{"actions":"hunter2"}}]"#,
        r#""resource_changes":[{"mode":"managed","change":"hunter2"}]"#,
        r#""resource_changes":["hunter2"]"#,
        r#""output_changes":{"hunter2":"hunter2"}"#,
        r#""applyable":"hunter2""#,
        r#""errored":{"hunter2":1}"#,
        r#""resource_changes":"hunter2""#,
    ] {
        let error = with(member).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_failing_reader_is_not_the_documents_fault() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let error = summarize(br#"{"format_version":"#.chain(Failing)).unwrap_err();
    assert!(matches!(&error, Error::Read(cause) if cause.kind() == io::ErrorKind::ConnectionReset));
    assert!(!error.is_document_fault());
    assert!(read("{").unwrap_err().is_document_fault());
}
