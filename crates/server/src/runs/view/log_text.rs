//! A log as text for a page. Logs hold what engines, providers and configurations print: colours, which are left out, and
//! any other control character, which is shown as the replacement character. Lines that are JSON messages of an engine are
//! shown as their message.

use serde_json::Value;

/// The text of a piece of a log that may begin and end anywhere.
pub fn log_text(bytes: &[u8]) -> String {
    let text = without_controls(&String::from_utf8_lossy(bytes));
    text.split('\n').map(message).collect::<Vec<_>>().join("\n")
}

/// The message of a line of structured output, with the detail of a diagnostic.
fn message(line: &str) -> String {
    let parsed = line.starts_with('{').then(|| serde_json::from_str::<Value>(line).ok()).flatten();
    let Some(message) = parsed.as_ref().and_then(|line| line["@message"].as_str()) else {
        return line.to_owned();
    };
    match parsed.as_ref().and_then(|line| line["diagnostic"]["detail"].as_str()) {
        Some(detail) if !detail.is_empty() => format!("{message}\n{detail}"),
        _ => message.to_owned(),
    }
}

/// Leaves out terminal sequences: `ESC [ … letter` and `ESC ] … BEL` (or `ESC \`).
fn without_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => match letters.next() {
                Some('[') => while letters.next().is_some_and(|next| !('@'..='~').contains(&next)) {},
                Some(']') => {
                    while let Some(next) = letters.next() {
                        if next == '\u{7}' || next == '\u{1b}' && letters.next_if_eq(&'\\').is_some() {
                            break;
                        }
                    }
                }
                _ => {}
            },
            '\r' => {}
            '\n' | '\t' => out.push(letter),
            other if other.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::log_text;

    #[test]
    fn colours_and_controls_are_no_text() {
        assert_eq!(log_text(b"\x1b[1m\x1b[31mError\x1b[0m: a\r\nb\tc"), "Error: a\nb\tc");
        assert_eq!(log_text(b"\x1b]8;;https://evil.example\x07link\x1b]8;;\x1b\\!"), "link!");
        assert_eq!(log_text(b"a\0b\x02\xff\x1b"), "a\u{fffd}b\u{fffd}\u{fffd}");
        assert_eq!(log_text(b"cut in a sequence \x1b[3"), "cut in a sequence ");
        assert_eq!(log_text(b""), "");
    }

    #[test]
    fn messages_are_shown_as_such() {
        let line = br#"{"@level":"info","@message":"a: Creating...","type":"apply_start"}"#;
        assert_eq!(log_text(line), "a: Creating...");
        let line = br#"{"@message":"Error: no","diagnostic":{"summary":"no","detail":"because"}}"#;
        assert_eq!(log_text(line), "Error: no\nbecause");
        for line in ["{}", "{\"a\":1}", "{ not json", "[1]"] {
            assert_eq!(log_text(line.as_bytes()), line);
        }
    }
}
