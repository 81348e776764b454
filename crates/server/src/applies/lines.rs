//! What an apply has done, by the lines its engine prints when an object is done: as text, or as JSON (`-json`).

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Longer lines are not the ones looked for.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// What was done, in numbers and by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Creates.
    pub additions: i64,
    /// Updates in place.
    pub changes: i64,
    /// Deletes.
    pub destructions: i64,
    /// Imports.
    pub imports: i64,
    /// Whether an object exists, by what was done to it last.
    exists: BTreeMap<String, bool>,
}

const CREATED: &str = ": Creation complete";
const CHANGED: &str = ": Modifications complete";
const DESTROYED: &str = ": Destruction complete";
const IMPORTED: &str = ": Import complete";

/// A JSON line, as far as it says what was done.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Message {
    ApplyComplete {
        hook: Hook,
    },
    /// At the end, and the only line that knows of imports.
    ChangeSummary {
        changes: Changes,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Hook {
    resource: Address,
    action: String,
}

#[derive(Deserialize)]
struct Address {
    addr: String,
}

#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    import: i64,
    operation: String,
}

impl Done {
    fn add(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(message) => self.add_message(message),
            Err(_) => self.add_text(&without_colors(line)),
        }
    }

    fn add_message(&mut self, message: Message) {
        let hook = match message {
            Message::ApplyComplete { hook } => hook,
            Message::ChangeSummary { changes } if changes.operation == "apply" => {
                self.imports = changes.import;
                return;
            }
            Message::ChangeSummary { .. } | Message::Other => return,
        };
        let (count, exists) = match hook.action.as_str() {
            "create" => (&mut self.additions, true),
            "update" => (&mut self.changes, true),
            "delete" => (&mut self.destructions, false),
            _ => return,
        };
        *count += 1;
        self.exists.insert(hook.resource.addr, exists);
    }

    fn add_text(&mut self, line: &str) {
        let kinds = [
            (CREATED, &mut self.additions, true),
            (CHANGED, &mut self.changes, true),
            (DESTROYED, &mut self.destructions, false),
            (IMPORTED, &mut self.imports, true),
        ];
        for (text, count, exists) in kinds {
            if let Some((address, _)) = line.split_once(text) {
                *count += 1;
                self.exists.insert(address.trim().to_owned(), exists);
                return;
            }
        }
    }

    /// Completed, but the state says otherwise: objects that were made or changed and are not in it, and objects that
    /// were destroyed and still are.
    pub fn not_in(&self, state: &BTreeSet<String>) -> Vec<String> {
        let differs = self.exists.iter().filter(|(address, exists)| state.contains(*address) != **exists);
        differs.map(|(address, _)| address.clone()).collect()
    }
}

/// Reads an engine's output, piece by piece.
#[derive(Debug, Default)]
pub struct Reading {
    partial: Vec<u8>,
    done: Done,
}

impl Reading {
    /// The next piece, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        // What follows the last line end is the beginning of the next line.
        let last = lines.next_back().unwrap_or_default();
        for line in lines {
            self.keep(line);
            self.end_line();
        }
        self.keep(last);
    }

    /// What was done, the last line included.
    pub fn finish(mut self) -> Done {
        self.end_line();
        self.done
    }

    fn keep(&mut self, bytes: &[u8]) {
        // One byte more than is looked at, so that a line that is too long is known.
        let room = (LINE_BYTES_MAX + 1).saturating_sub(self.partial.len());
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self) {
        if self.partial.len() <= LINE_BYTES_MAX {
            self.done.add(&String::from_utf8_lossy(&self.partial));
        }
        self.partial.clear();
    }
}

/// Drops what terminals take as colors: ESC `[` up to a letter.
fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            let _ = letters.find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\u{1b}[0m\u{1b}[1mterraform_data.a[0]: Creating...\u{1b}[0m\n\
        \u{1b}[0m\u{1b}[1mterraform_data.a[0]: Creation complete after 0s [id=x]\u{1b}[0m\n\
        module.m[\"a: b\"].terraform_data.b: Modifications complete after 1s [id=y]\n\
        terraform_data.old: Destroying... [id=z]\nterraform_data.old: Destruction complete after 0s\n\
        terraform_data.r: Destruction complete after 0s\nterraform_data.r: Creation complete after 0s [id=q]\n\
        terraform_data.i: Import complete [id=some]\nError: something\n";

    fn read(log: &str, cut: usize) -> Done {
        let mut reading = Reading::default();
        log.as_bytes().chunks(cut).for_each(|piece| reading.push(piece));
        reading.finish()
    }

    #[test]
    fn a_cut_changes_nothing() {
        for cut in 1..100 {
            assert_eq!(read(LOG, cut), read(LOG, 1000), "{cut}");
        }
        let long =
            format!("{}: Creation complete\na: Creation complete after 0s", "x".repeat(LINE_BYTES_MAX));
        assert_eq!(read(&long, 4096).additions, 1);
    }

    #[test]
    fn objects_that_are_done_are_counted() {
        let done = read(LOG, 1000);
        assert_eq!((done.additions, done.changes, done.destructions, done.imports), (2, 1, 2, 1));
    }

    #[test]
    fn json_lines_say_the_same() {
        let done = |action: &str, address: &str| {
            let resource = format!(r#"{{"addr":"{address}","module":"","resource":"{address}"}}"#);
            format!(
                r#"{{"@level":"info","type":"apply_complete","hook":{{"resource":{resource},"action":"{action}","id_key":"id"}}}}"#
            )
        };
        let lines = [
            "terrane: a line of our own with terraform_data.x: in it".to_owned(),
            r#"{"@level":"info","@message":"a: Creation complete after 0s","type":"apply_start"}"#.to_owned(),
            done("create", "terraform_data.a[0]"),
            done("update", "terraform_data.b"),
            done("read", "data.d.e"),
            done("delete", "terraform_data.r"),
            done("create", "terraform_data.r"),
            r#"{"type":"apply_complete","hook":{"resource":7}}"#.to_owned(),
            r#"{"type":"change_summary","changes":{"add":9,"import":9,"operation":"plan"}}"#.to_owned(),
            r#"{"type":"change_summary","changes":{"add":2,"import":1,"operation":"apply"}}"#.to_owned(),
        ];
        let done = read(&lines.join("\n"), 50);
        assert_eq!((done.additions, done.changes, done.destructions, done.imports), (2, 1, 1, 1));
        let lacking = done.not_in(&BTreeSet::new());
        assert_eq!(lacking, ["terraform_data.a[0]", "terraform_data.b", "terraform_data.r"]);
    }

    #[test]
    fn what_the_state_lacks_is_listed() {
        let done = read(LOG, 1000);
        let state = |addresses: &[&str]| addresses.iter().map(|address| (*address).to_owned()).collect();
        let lacking = done.not_in(&state(&["terraform_data.old", "terraform_data.i"]));
        assert_eq!(
            lacking,
            [
                "module.m[\"a: b\"].terraform_data.b",
                "terraform_data.a[0]",
                "terraform_data.old",
                "terraform_data.r"
            ]
        );
        let whole = [
            "terraform_data.a[0]",
            "module.m[\"a: b\"].terraform_data.b",
            "terraform_data.r",
            "terraform_data.i",
        ];
        assert_eq!(done.not_in(&state(&whole)), [""; 0]);
    }
}
