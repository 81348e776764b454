//! What is planted: texts of every kind that have one word in common, and how that word is found again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every canary has it, in each of its lines and parts. Only letters, so that JSON and URLs have it as it is.
const MARK: &str = "qzCanaryVXjW";

/// What a canary is planted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Value of a sensitive variable: a text with everything that needs escaping.
    Text,
    /// Value of a sensitive variable: an expression.
    Hcl,
    /// Value of a sensitive variable of the environment.
    Environment,
    /// Value of a sensitive variable: a text of several lines.
    Lines,
    /// Value of a sensitive variable: a long text.
    Long,
    /// Value of a sensitive variable of a variable set.
    OfSet,
    /// A private ssh key.
    SshKey,
    /// Sensitive output of a state that a client sent.
    StateOutput,
    /// Attribute in a state that a client sent.
    StateResource,
    /// Sensitive output of a state that an engine wrote.
    EngineState,
    /// Sensitive attribute in a plan.
    PlanValue,
    /// Sensitive output in a plan.
    PlanOutput,
    /// Value of a variable that the configuration declares sensitive, in a plan.
    PlanVariable,
    /// State of a workspace that was deleted.
    Deleted,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 14] = [
        Self::Text,
        Self::Hcl,
        Self::Environment,
        Self::Lines,
        Self::Long,
        Self::OfSet,
        Self::SshKey,
        Self::StateOutput,
        Self::StateResource,
        Self::EngineState,
        Self::PlanValue,
        Self::PlanOutput,
        Self::PlanVariable,
        Self::Deleted,
    ];

    /// Only said by an engine that can be told what to say.
    pub fn is_of_fake(self) -> bool {
        matches!(self, Self::EngineState | Self::PlanValue | Self::PlanOutput | Self::PlanVariable)
    }
}

/// One secret.
#[derive(Debug, Clone)]
pub struct Canary {
    /// As what it was planted.
    pub kind: Kind,
    /// The whole of it.
    pub text: String,
}

/// A word with the mark that occurs nowhere else.
fn word(kind: Kind) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{MARK}{kind:?}{:06}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A new canary.
pub fn canary(kind: Kind) -> Canary {
    let word = || word(kind);
    let text = match kind {
        Kind::Text | Kind::OfSet => format!("{}\"<&>\\/ü'{}%", word(), word()),
        Kind::Hcl => format!("{{ password = \"{}\\\"=\", list = [\"{}\"] }}", word(), word()),
        Kind::Environment => format!("p@ss w%rd {}+=?é🔑", word()),
        Kind::Lines => format!("-----{}-----\n  {}\n{}==\n", word(), word(), word()),
        Kind::SshKey => format!("-----BEGIN {}-----\n{}\n-----END-----\n", word(), word()),
        Kind::Long => (0..100).map(|_| word() + "/").collect(),
        Kind::StateOutput | Kind::PlanOutput => format!("{}\n\"é\"", word()),
        Kind::StateResource | Kind::EngineState | Kind::Deleted => word(),
        Kind::PlanValue => format!("{}\\\"<ü>", word()),
        Kind::PlanVariable => format!("{} {}", word(), word()),
    };
    Canary { kind, text }
}

/// The forms of the mark: as it is, and in the middle of longer Base64 and hex texts.
static FORMS: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let hex: String = MARK.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![("as it is", MARK.to_owned()), ("HEX", hex.to_uppercase()), ("hex", hex)];
    for shift in 0..3 {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(MARK.as_bytes());
        let encoded = STANDARD_NO_PAD.encode(&bytes);
        // Without the letters that depend on what stands beside it.
        let end = encoded.len() - usize::from(!bytes.len().is_multiple_of(3));
        forms.push(("Base64", encoded[[0, 2, 3][shift]..end].to_owned()));
    }
    forms
});

/// For each byte, whether a form begins with it.
static BEGINS: LazyLock<[bool; 256]> = LazyLock::new(|| {
    let mut begins = [false; 256];
    for (_, form) in FORMS.iter() {
        begins[usize::from(form.as_bytes()[0])] = true;
    }
    begins
});

/// Where the first canary stands in these bytes: its form, and what stands there.
pub fn find(bytes: &[u8]) -> Option<(&'static str, String)> {
    let begins = &*BEGINS;
    bytes.iter().enumerate().filter(|(_, byte)| begins[usize::from(**byte)]).find_map(|(at, _)| {
        let (name, _) = FORMS.iter().find(|(_, form)| bytes[at..].starts_with(form.as_bytes()))?;
        let around = &bytes[at.saturating_sub(80)..bytes.len().min(at + 80)];
        Some((*name, String::from_utf8_lossy(around).into_owned()))
    })
}

#[test]
fn a_canary_is_found_in_each_form() {
    use base64::engine::general_purpose::STANDARD;
    for kind in Kind::ALL {
        let text = canary(kind).text;
        assert!(find(text.as_bytes()).is_some(), "{kind:?}");
        for before in ["", "a", "ab", "key=\"\n"] {
            let whole = format!("{before}{text}");
            let hex: String = whole.bytes().map(|byte| format!("{byte:02x}")).collect();
            let json = serde_json::Value::from(whole.as_str()).to_string();
            let percent: String = url::form_urlencoded::byte_serialize(whole.as_bytes()).collect();
            for form in [STANDARD.encode(&whole), hex.to_uppercase(), hex, json, percent] {
                assert!(find(form.as_bytes()).is_some(), "{form}");
            }
        }
    }
    assert_eq!(find(b"qzCanary and VXjW"), None);
}
