//! What the redactor holds itself to, and what it is told beforehand.

use std::collections::HashSet;

use crate::SecretForms;

/// The six rules of redaction. The product always takes all of them; that each can be turned off is for the proof that
/// each is needed.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// 1: marks of every source are collected, and the values that they mark.
    pub collect: bool,
    /// 2: marks count in every section.
    pub every_section: bool,
    /// 3: what is known as a secret is found anywhere.
    pub scrub: bool,
    /// 4: a value whose mask is missing or has another shape is hidden.
    pub fail_closed: bool,
    /// 5: placeholders keep `null`, types, and what is equal.
    pub placeholders: bool,
    /// 6: nothing is written that was not redacted.
    pub only_redacted: bool,
}

impl Rules {
    /// All of them.
    pub const ALL: Self = Self {
        collect: true,
        every_section: true,
        scrub: true,
        fail_closed: true,
        placeholders: true,
        only_redacted: true,
    };
}

/// What is known to be secret before the plan is read: the sensitive variables of workspace, sets and run, and tokens.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub(crate) forms: SecretForms,
    variables: HashSet<String>,
}

impl Known {
    /// These values are sensitive, wherever they stand.
    pub fn add_forms(&mut self, forms: &SecretForms) {
        self.forms.extend(forms);
    }

    /// The plan's variable of this name is sensitive, whatever the configuration says.
    pub fn add_variable(&mut self, name: impl Into<String>) {
        self.variables.insert(name.into());
    }

    pub(crate) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }
}
