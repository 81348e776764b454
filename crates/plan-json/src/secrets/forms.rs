//! The forms in which a secret may appear.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};

/// Shorter ones would blacken ordinary text.
pub(crate) const SECRET_BYTES_MIN: usize = 6;

/// What to look for: every form of every secret that was added. Not printable.
#[derive(Clone, Default)]
pub struct SecretForms {
    /// All forms, one after the other: there may be hundreds of thousands.
    pub(super) text: Vec<u8>,
    /// Where each one starts and ends.
    pub(super) ranges: Vec<(usize, usize)>,
}

impl fmt::Debug for SecretForms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretForms({})", self.ranges.len())
    }
}

impl SecretForms {
    /// Adds a text, and each of its lines: who prints a text may indent it. One of less than six bytes is not added.
    pub fn add_text(&mut self, secret: &str) {
        self.add(secret);
        if secret.trim() != secret {
            self.add(secret.trim());
        }
        if secret.contains('\n') {
            for line in secret.lines() {
                self.add(line.trim());
            }
        }
    }

    /// Adds an HCL expression, which is known by its quoted texts, too.
    pub fn add_hcl(&mut self, expression: &str) {
        self.add_text(expression);
        for text in quoted(expression) {
            self.add_text(&text);
        }
    }

    /// Adds bytes to look for as they are.
    pub(crate) fn add_bytes(&mut self, form: &[u8]) {
        if form.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.extend_from_slice(form);
        self.ranges.push((start, self.text.len()));
    }

    /// Adds all forms of others.
    pub(crate) fn extend(&mut self, other: &Self) {
        for (start, end) in &other.ranges {
            self.add_bytes(&other.text[*start..*end]);
        }
    }

    /// How much memory the forms take.
    pub(crate) fn size_bytes(&self) -> usize {
        self.text.len() + self.ranges.len() * size_of::<(usize, usize)>()
    }

    fn add(&mut self, text: &str) {
        if text.len() < SECRET_BYTES_MIN || text.trim().is_empty() {
            return;
        }
        let first = self.ranges.len();
        self.add_other(first, text);
        let escaped = json_escaped(text);
        let for_html = html_escaped(&escaped);
        self.add_other(first, &escaped.replace("${", "$${").replace("%{", "%%{"));
        // JSON, or a quoted text, within JSON.
        let twice = json_escaped(&escaped);
        self.add_other(first, &html_escaped(&twice));
        self.add_other(first, &twice);
        self.add_other(first, &json_escaped(&for_html));
        self.add_other(first, &for_html);
        self.add_other(first, &escaped);
        self.add_quoted_for_shell(first, text);
        for (space, plain) in [("%20", "-_.~"), ("+", "-_.~"), ("%20", "-_.~$&+:=@")] {
            self.add_other(first, &percent_encoded(text, space, plain.as_bytes()));
        }
        self.add_base64(first, &STANDARD.encode(text));
        self.add_base64(first, &STANDARD_NO_PAD.encode(text));
        // Also within JSON that was encoded.
        for inner in [text, &escaped, &for_html] {
            for shift in 0..3 {
                self.add_base64(first, &base64_inside(inner, shift));
            }
        }
    }

    /// Adds what programs make of a quote when they name a file, as a text and within JSON.
    fn add_quoted_for_shell(&mut self, first: usize, text: &str) {
        if text.contains('\'') {
            let quoted = text.replace('\'', "'\\''");
            self.add_other(first, &html_escaped(&json_escaped(&quoted)));
            self.add_other(first, &json_escaped(&quoted));
            self.add_other(first, &quoted);
        }
    }

    fn add_base64(&mut self, first: usize, form: &str) {
        self.add_other(first, form);
        self.add_other(first, &form.replace('+', "-").replace('/', "_"));
    }

    /// Adds a form, unless it is one of those since the first one.
    fn add_other(&mut self, first: usize, form: &str) {
        if !self.ranges[first..].iter().any(|(start, end)| self.text[*start..*end] == *form.as_bytes()) {
            self.add_bytes(form.as_bytes());
        }
    }
}

/// What a text looks like inside the Base64 of a longer one, `shift` bytes after a multiple of three: without the
/// characters that depend on its neighbours.
fn base64_inside(text: &str, shift: usize) -> String {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(text.as_bytes());
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    let start = [0, 2, 3][shift];
    let end = encoded.len() - usize::from(!bytes.len().is_multiple_of(3));
    encoded[start..end].to_owned()
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As engines' own `jsonencode` and their JSON logs have it.
fn html_escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn percent_encoded(text: &str, space: &str, plain: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push_str(space),
            byte if byte.is_ascii_alphanumeric() || plain.contains(&byte) => encoded.push(char::from(byte)),
            byte => {
                encoded.push('%');
                encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
                encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    encoded
}

/// The quoted texts of an HCL expression, unescaped as far as JSON goes.
fn quoted(expression: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find('"') {
        let after = &rest[start + 1..];
        let mut is_escaped = false;
        let end = after.find(|letter| {
            let is_end = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            is_end
        });
        let Some(end) = end else { break };
        let raw = &after[..end];
        texts.push(serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned()));
        rest = &after[end + 1..];
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::{STANDARD, SecretForms, quoted};
    use base64::Engine;

    fn has(secret: &str, is_hcl: bool, form: &str) -> bool {
        let mut forms = SecretForms::default();
        if is_hcl {
            forms.add_hcl(secret);
        } else {
            forms.add_text(secret);
        }
        forms.ranges.iter().any(|(start, end)| forms.text[*start..*end] == *form.as_bytes())
    }

    #[test]
    fn forms_of_a_secret() {
        let secret = "p\"a ss<wörd/1";
        assert!(
            has("it's <1>", false, "it'\\''s <1>") && has("it's <1>", false, "it'\\\\''s \\u003c1\\u003e")
        );
        for form in [
            secret,
            "p\\\\\\\"a ss\\u003cwörd/1",
            "p\\\"a ss<wörd/1",
            "p\\\"a ss\\u003cwörd/1",
            "p\\\\\\\"a ss<wörd/1",
            "cCJhIHNzPHfDtnJkLzE=",
            "cCJhIHNzPHfDtnJkLzE",
            "p%22a%20ss%3Cw%C3%B6rd%2F1",
            "p%22a+ss%3Cw%C3%B6rd%2F1",
        ] {
            assert!(has(secret, false, form), "{form}");
        }
        assert!(has("??>>~~", false, "Pz8-Pn5-"));
    }

    #[test]
    fn a_secret_is_known_inside_a_longer_base64_text() {
        let mut forms = SecretForms::default();
        forms.add_text("hunter2hunter");
        for before in ["", "a", "ab", "abc", "password="] {
            for after in ["", "z", "yz", "\nuser=root"] {
                let encoded = STANDARD.encode(format!("{before}hunter2hunter{after}"));
                let is_found = forms.ranges.iter().any(|(start, end)| {
                    let form = std::str::from_utf8(&forms.text[*start..*end]).expect("text");
                    form.len() > 15 && encoded.contains(form)
                });
                assert!(is_found, "{before} {after}");
            }
        }
        // `base64encode(jsonencode({ key = "a\"b<c>" }))`.
        assert!(has("hunter\"2<hunter>", false, &super::base64_inside("hunter\\\"2\\u003chunter\\u003e", 2)));
    }

    #[test]
    fn lines_and_quoted_texts() {
        assert!(has("-----BEGIN KEY-----\n  MIIEabcdef\nab\n", false, "MIIEabcdef"));
        assert!(!has("-----BEGIN KEY-----\nMIIEabcdef\nab\n", false, "ab"));
        assert!(has("{ password = \"hunter2hunter\" }", true, "hunter2hunter"));
        assert!(!has("{ password = \"hunter2hunter\" }", false, "hunter2hunter"));
        assert_eq!(quoted(r#"["a\"b", "c"]"#), ["a\"b", "c"]);
    }

    #[test]
    fn short_ones_are_left_and_nothing_is_printed() {
        let mut forms = SecretForms::default();
        for short in ["12345", "", "         "] {
            forms.add_text(short);
        }
        assert!(forms.ranges.is_empty());
        forms.add_text("hunter2hunter");
        assert!(!format!("{forms:?}").contains("hunter"));
    }
}
