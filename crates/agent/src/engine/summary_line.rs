//! What an engine without JSON plans says its plan would do.

use std::io::{self, BufRead, Read};

use terrane_wire::Counts;

/// Longer lines are not the one looked for.
const LINE_BYTES_MAX: u64 = 4096;

/// Reads the last `Plan: 1 to add, 2 to change, 3 to destroy.` of a plan's output; without one nothing changes.
pub(crate) fn printed_counts(mut output: impl BufRead) -> io::Result<Counts> {
    let mut counts = Counts::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if output.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(counts);
        }
        if let Some(found) = of_line(&without_colors(&String::from_utf8_lossy(&line))) {
            counts = found;
        }
    }
}

fn of_line(line: &str) -> Option<Counts> {
    let mut counts = Counts { has_changes: true, ..Counts::default() };
    for part in line.trim().strip_prefix("Plan: ")?.trim_end_matches('.').split(", ") {
        let (number, what) = part.split_once(' ')?;
        let number = number.parse().ok()?;
        match what {
            "to add" => counts.additions = number,
            "to change" => counts.changes = number,
            "to destroy" => counts.destructions = number,
            "to import" => counts.imports = number,
            _ => {}
        }
    }
    Some(counts)
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
    use super::{Counts, printed_counts};

    #[test]
    fn the_line_is_found_in_colors() {
        let text =
            "Refreshing...\n\u{1b}[0m\u{1b}[1mPlan:\u{1b}[0m 2 to add, 1 to change, 3 to destroy.\u{1b}[0m\n";
        let expected =
            Counts { additions: 2, changes: 1, destructions: 3, has_changes: true, ..Counts::default() };
        assert_eq!(printed_counts(text.as_bytes()).expect("read"), expected);
        let none = "No changes. Infrastructure is up-to-date.\nPlan: to be or not\n";
        assert_eq!(printed_counts(none.as_bytes()).expect("read"), Counts::default());
        let imports = "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.";
        assert_eq!(printed_counts(imports.as_bytes()).expect("read").imports, 1);
    }
}
