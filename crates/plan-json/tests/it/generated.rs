//! Made-up plan documents, read both ways, however their bytes arrive.

use std::io::{self, Read};

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};
use terrane_plan_json::summarize;

use crate::oracle::{Expected, expected};

/// Hands out the document in pieces of these sizes, over and over.
struct Pieces<'a> {
    left: &'a [u8],
    sizes: Vec<usize>,
    next: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.next % self.sizes.len()].min(buffer.len()).min(self.left.len());
        self.next += 1;
        let (piece, left) = self.left.split_at(size);
        buffer[..size].copy_from_slice(piece);
        self.left = left;
        Ok(size)
    }
}

fn actions() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => Just(json!(["no-op"])),
        2 => Just(json!(["create"])),
        2 => Just(json!(["update"])),
        1 => Just(json!(["delete"])),
        1 => Just(json!(["read"])),
        1 => Just(json!(["delete", "create"])),
        1 => Just(json!(["create", "delete"])),
        1 => Just(json!(["forget"])),
        1 => Just(json!(["create", "forget"])),
        1 => Just(json!(["forget", "create"])),
        1 => Just(json!(["of a later version"])),
    ]
}

/// Whatever a resource may hold, with the texts that a reader could stumble over.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,20}",
        r#"["\\{}\[\],:]{0,12}"#,
        Just("\"actions\":[\"create\"]".to_owned()),
        Just("\u{0}\u{1f}\u{7f}\u{2028}\u{10ffff}".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((text.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn change() -> impl Strategy<Value = Value> {
    let importing =
        prop_oneof![3 => Just(None), 1 => Just(Some(Value::Null)), 1 => Just(Some(json!({"id": "x"})))];
    let generated =
        prop_oneof![3 => Just(None), 1 => Just(Some("")), 1 => Just(Some("resource \"a\" \"b\" {}"))];
    (actions(), anything(), anything(), importing, generated).prop_map(
        |(actions, before, after, importing, generated)| {
            let mut change = json!({"actions": actions, "before": before, "after": after});
            if let Some(importing) = importing {
                change["importing"] = importing;
            }
            if let Some(generated) = generated {
                change["generated_config"] = generated.into();
            }
            change
        },
    )
}

fn resource() -> impl Strategy<Value = Value> {
    let moved = prop_oneof![5 => Just(Value::Null), 1 => Just(json!("terraform_data.old"))];
    let mode = prop_oneof![5 => Just("managed"), 1 => Just("data")];
    (mode, moved, change(), any::<bool>()).prop_map(|(mode, moved, change, change_first)| {
        let mut resource = Map::new();
        if change_first {
            resource.insert("change".to_owned(), change.clone());
        }
        resource.insert("address".to_owned(), "terraform_data.a[\"{\\\"}\"]".into());
        resource.insert("mode".to_owned(), mode.into());
        if !moved.is_null() || change_first {
            resource.insert("previous_address".to_owned(), moved);
        }
        resource.insert("change".to_owned(), change);
        resource.into()
    })
}

fn document() -> impl Strategy<Value = Value> {
    let sections = (
        option::of(vec(resource(), 0..8)),
        option::of(vec(("[a-z\"\\\\é]{1,6}", change()), 0..4)),
        option::of(vec(resource(), 0..3)),
        option::of(vec(anything(), 0..2)),
        option::weighted(0.5, any::<bool>()),
        option::weighted(0.5, any::<bool>()),
        vec(("x_[a-z\"\\\\]{0,4}", anything()), 0..4),
    );
    (sections, any::<u64>()).prop_map(
        |((resources, outputs, drift, actions, applyable, errored, more), order)| {
            let mut members: Vec<(String, Value)> = more;
            let mut add = |key: &str, value: Option<Value>| {
                members.extend(value.map(|value| (key.to_owned(), value)));
            };
            add("format_version", Some("1.2".into()));
            add("terraform_version", Some("1.12.6".into()));
            add("planned_values", Some(json!({"resource_changes": [1], "root_module": {}})));
            add("resource_changes", resources.map(Value::from));
            add("output_changes", outputs.map(|outputs| outputs.into_iter().collect::<Map<_, _>>().into()));
            add("resource_drift", drift.map(Value::from));
            add("action_invocations", actions.map(Value::from));
            add("applyable", applyable.map(Value::from));
            add("errored", errored.map(Value::from));
            let turn = usize::try_from(order % members.len() as u64).unwrap();
            members.rotate_left(turn);
            members.into_iter().collect::<Map<_, _>>().into()
        },
    )
}

proptest! {
    #[test]
    fn a_made_up_plan_is_summarized_as_the_whole_document_says(
        document in document(),
        is_pretty in any::<bool>(),
        sizes in vec(1_usize..200, 1..5),
    ) {
        let text = if is_pretty {
            serde_json::to_string_pretty(&document).unwrap()
        } else {
            document.to_string()
        };
        let summary = summarize(Pieces { left: text.as_bytes(), sizes, next: 0 }).unwrap();
        prop_assert_eq!(Expected::from(summary), expected(&text));
    }

    #[test]
    fn a_cut_plan_is_refused(document in document(), cut in any::<prop::sample::Index>()) {
        let text = document.to_string();
        let cut = cut.index(text.len());
        prop_assert!(summarize(&text.as_bytes()[..cut]).is_err());
    }

    #[test]
    fn a_damaged_plan_does_no_harm(
        document in document(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut text = document.to_string().into_bytes();
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let _ = summarize(text.as_slice());
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400)) {
        let _ = summarize(bytes.as_slice());
    }

    #[test]
    fn any_json_like_text_does_no_harm(text in r#"\{["\\{}\[\],:a0-9tn. ]{0,200}"#) {
        let is_json = serde_json::from_str::<Value>(&text).is_ok();
        prop_assert!(is_json || summarize(text.as_bytes()).is_err());
    }
}
