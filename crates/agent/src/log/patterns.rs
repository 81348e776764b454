//! The forms in which a secret may appear.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// Shorter ones would blacken ordinary text.
const SECRET_BYTES_MIN: usize = 6;

/// Every form of every secret that is worth looking for. An HCL expression is known by its quoted texts, too.
pub(crate) fn patterns<'a>(secrets: impl IntoIterator<Item = (&'a str, bool)>) -> Vec<Vec<u8>> {
    let mut patterns = Vec::new();
    for (secret, is_hcl) in secrets {
        add_text(&mut patterns, secret);
        if is_hcl {
            for text in quoted(secret) {
                add_text(&mut patterns, &text);
            }
        }
    }
    patterns.sort_unstable();
    patterns.dedup();
    patterns
}

/// A text, and each of its lines: engines indent what they print.
fn add_text(patterns: &mut Vec<Vec<u8>>, text: &str) {
    add(patterns, text);
    add(patterns, text.trim());
    if text.contains('\n') {
        for line in text.lines() {
            add(patterns, line.trim());
        }
    }
}

fn add(patterns: &mut Vec<Vec<u8>>, text: &str) {
    if text.len() < SECRET_BYTES_MIN {
        return;
    }
    let forms = [
        text.to_owned(),
        json_escaped(text),
        // As engines' own `jsonencode` does it.
        json_escaped(text).replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        json_escaped(text).replace("${", "$${").replace("%{", "%%{"),
        STANDARD.encode(text),
        STANDARD_NO_PAD.encode(text),
        URL_SAFE.encode(text),
        URL_SAFE_NO_PAD.encode(text),
        percent_encoded(text, "%20", b"-_.~"),
        percent_encoded(text, "+", b"-_.~"),
        percent_encoded(text, "%20", b"-_.~$&+:=@"),
    ];
    patterns.extend(forms.map(String::into_bytes));
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent_encoded(text: &str, space: &str, plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push_str(space),
            byte if byte.is_ascii_alphanumeric() || plain.contains(&byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
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
    use super::{patterns, quoted};

    fn has(secret: &str, is_hcl: bool, form: &str) -> bool {
        patterns([(secret, is_hcl)]).iter().any(|pattern| pattern == form.as_bytes())
    }

    #[test]
    fn forms_of_a_secret() {
        let secret = "p\"a ss<wörd/1";
        for form in [
            secret,
            "p\\\"a ss<wörd/1",
            "p\\\"a ss\\u003cwörd/1",
            "cCJhIHNzPHfDtnJkLzE=",
            "cCJhIHNzPHfDtnJkLzE",
            "p%22a%20ss%3Cw%C3%B6rd%2F1",
            "p%22a+ss%3Cw%C3%B6rd%2F1",
        ] {
            assert!(has(secret, false, form), "{form}");
        }
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
    fn short_ones_are_left() {
        assert!(patterns([("12345", false), ("", false)]).is_empty());
    }
}
