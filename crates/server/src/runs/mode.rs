//! What kind of run one is: how its plan is made, what may be combined (api-contract 4.2), and the one word that lists
//! are filtered by.

use crate::plans::model::EngineName;
use crate::text_enum::text_enum;
use serde::Serialize;
use terrane_wire::{Engine, VersionRequest};

/// An address list longer than this is refused.
pub const ADDRESSES_MAX: usize = 1000;
/// An address longer than this is refused, characters.
pub const ADDRESS_CHARS_MAX: usize = 2000;

text_enum! {
    /// What a run is for: `filter[operation]`. The first that fits, in this order (api-contract 4.2).
    pub enum Operation {
        /// Can never be applied.
        PlanOnly = "plan_only",
        /// Is kept until somebody applies it.
        SavePlan = "save_plan",
        /// Writes to the state what is there.
        RefreshOnly = "refresh_only",
        /// Destroys everything.
        Destroy = "destroy",
        /// May be applied without changes.
        EmptyApply = "empty_apply",
        /// Any other.
        PlanAndApply = "plan_and_apply",
    }
}

/// Addresses of resources, as a run's creator gave them: `None` when none were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Addresses(pub Option<Vec<String>>);

impl Addresses {
    /// For the engine.
    pub fn list(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }

    /// As it is stored: a JSON list.
    pub fn stored(&self) -> Option<String> {
        self.0.as_ref().and_then(|list| serde_json::to_string(list).ok())
    }
}

impl TryFrom<Option<String>> for Addresses {
    type Error = serde_json::Error;

    fn try_from(stored: Option<String>) -> Result<Self, Self::Error> {
        stored.map(|text| serde_json::from_str(&text)).transpose().map(Self)
    }
}

/// How a run plans, beside what it plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mode {
    /// Asks the providers what is there; `-refresh=false` otherwise.
    pub refresh: bool,
    /// `-refresh-only`.
    pub refresh_only: bool,
    /// The plan is kept until somebody applies it (api-contract 4.8).
    pub save_plan: bool,
    /// `-generate-config-out`.
    pub allow_config_generation: bool,
    /// `TF_LOG=TRACE`.
    pub debugging_mode: bool,
    /// `-target` for each.
    pub target_addrs: Addresses,
    /// `-replace` for each.
    pub replace_addrs: Addresses,
}

impl Default for Mode {
    fn default() -> Self {
        Self {
            refresh: true,
            refresh_only: false,
            save_plan: false,
            allow_config_generation: false,
            debugging_mode: false,
            target_addrs: Addresses::default(),
            replace_addrs: Addresses::default(),
        }
    }
}

/// What cannot be: the attribute that is wrong, and why.
pub type Conflict = (&'static str, String);

impl Mode {
    /// Refuses what no engine would plan, before anything is made.
    ///
    /// # Errors
    /// The attribute at fault with a sentence.
    pub fn check(&self, is_destroy: bool, plan_only: bool) -> Result<(), Conflict> {
        let conflicts = [
            (is_destroy && self.refresh_only, "refresh-only", "cannot be combined with is-destroy"),
            (self.refresh_only && !self.refresh, "refresh", "a refresh-only run must refresh"),
            (self.save_plan && plan_only, "save-plan", "a plan-only run cannot be applied later"),
            (
                (is_destroy || self.refresh_only) && !self.replace_addrs.list().is_empty(),
                "replace-addrs",
                "cannot be combined with is-destroy or refresh-only",
            ),
        ];
        match conflicts.into_iter().find(|(is_there, ..)| *is_there) {
            Some((_, name, why)) => Err((name, why.to_owned())),
            None => {
                check_addresses("target-addrs", self.target_addrs.list())?;
                check_addresses("replace-addrs", self.replace_addrs.list())
            }
        }
    }

    /// Refuses what an engine of this version cannot do, where the version is known: a constraint is not.
    ///
    /// # Errors
    /// The attribute at fault with a sentence.
    pub fn check_engine(&self, engine: EngineName, version: &str) -> Result<(), Conflict> {
        let Some(version) = VersionRequest::exact(version) else { return Ok(()) };
        let engine = Engine { kind: engine.kind(), version: version.to_owned() };
        let needs = [
            (self.refresh_only, "refresh-only", [0, 15, 4]),
            (!self.replace_addrs.list().is_empty(), "replace-addrs", [0, 15, 2]),
            (self.allow_config_generation, "allow-config-generation", [1, 5, 0]),
        ];
        match needs.into_iter().find(|(is_wanted, _, since)| *is_wanted && !engine.is_at_least(*since)) {
            Some((_, name, [major, minor, patch])) => {
                let kind = engine.kind;
                Err((name, format!("needs {kind} {major}.{minor}.{patch} or later, this run has {version}")))
            }
            None => Ok(()),
        }
    }

    /// The word for a run of this mode.
    pub fn operation(&self, is_destroy: bool, plan_only: bool, allow_empty_apply: bool) -> Operation {
        match () {
            () if plan_only => Operation::PlanOnly,
            () if self.save_plan => Operation::SavePlan,
            () if self.refresh_only => Operation::RefreshOnly,
            () if is_destroy => Operation::Destroy,
            () if allow_empty_apply => Operation::EmptyApply,
            () => Operation::PlanAndApply,
        }
    }
}

fn check_addresses(name: &'static str, list: &[String]) -> Result<(), Conflict> {
    if list.len() > ADDRESSES_MAX {
        return Err((name, format!("holds more than {ADDRESSES_MAX} addresses")));
    }
    if list.iter().any(|address| address.trim().is_empty()) {
        return Err((name, "holds an empty address".to_owned()));
    }
    match list.iter().find(|address| address.chars().count() > ADDRESS_CHARS_MAX) {
        Some(_) => Err((name, format!("holds an address longer than {ADDRESS_CHARS_MAX} characters"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Addresses {
        Addresses(Some(list.iter().map(|address| (*address).to_owned()).collect()))
    }

    #[test]
    fn what_excludes_each_other_is_refused() {
        let refused = |mode: &Mode, is_destroy, plan_only| {
            mode.check(is_destroy, plan_only).map_err(|(name, _)| name).err()
        };
        let plain = Mode::default();
        let refresh_only = Mode { refresh_only: true, ..plain.clone() };
        let save = Mode { save_plan: true, ..plain.clone() };
        let replace = Mode { replace_addrs: addresses(&["a.b"]), ..plain.clone() };
        assert_eq!(refused(&plain, true, true), None);
        assert_eq!(refused(&refresh_only, false, true), None);
        assert_eq!(refused(&refresh_only, true, false), Some("refresh-only"));
        assert_eq!(refused(&Mode { refresh: false, ..refresh_only.clone() }, false, false), Some("refresh"));
        assert_eq!(refused(&save, false, true), Some("save-plan"));
        assert_eq!((refused(&save, true, false), refused(&replace, false, false)), (None, None));
        assert_eq!(refused(&replace, true, false), Some("replace-addrs"));
        for (list, is_fine) in [(&["a.b"][..], true), (&[], true), (&["a.b", " "], false), (&[""], false)] {
            let mode = Mode { target_addrs: addresses(list), ..plain.clone() };
            assert_eq!(refused(&mode, false, false), (!is_fine).then_some("target-addrs"), "{list:?}");
        }
        let long = Mode { target_addrs: addresses(&[&"x".repeat(ADDRESS_CHARS_MAX + 1)]), ..plain.clone() };
        assert_eq!(refused(&long, false, false), Some("target-addrs"));
        let many = Mode { replace_addrs: addresses(&["a.b"; ADDRESSES_MAX + 1]), ..plain };
        assert_eq!(refused(&many, false, false), Some("replace-addrs"));
    }

    #[test]
    fn old_engines_are_known_to_be_old() {
        let mode = Mode { refresh_only: true, ..Mode::default() };
        let refused = |engine, version| mode.check_engine(engine, version).is_err();
        assert!(refused(EngineName::Terraform, "0.15.3") && refused(EngineName::Terraform, "0.11.11"));
        assert!(!refused(EngineName::Terraform, "0.15.4") && !refused(EngineName::Terraform, "~> 0.12"));
        assert!(!refused(EngineName::Tofu, "1.6.0"));
        let generates = Mode { allow_config_generation: true, ..Mode::default() };
        assert!(generates.check_engine(EngineName::Terraform, "1.4.7").is_err());
    }

    #[test]
    fn the_first_word_that_fits_wins() {
        let mode = Mode { save_plan: true, refresh_only: true, ..Mode::default() };
        assert_eq!(mode.operation(true, true, true), Operation::PlanOnly);
        assert_eq!(mode.operation(true, false, true), Operation::SavePlan);
        assert_eq!(Mode { save_plan: false, ..mode }.operation(true, false, true), Operation::RefreshOnly);
        let plain = Mode::default();
        assert_eq!(plain.operation(true, false, true), Operation::Destroy);
        assert_eq!(plain.operation(false, false, true), Operation::EmptyApply);
        assert_eq!(plain.operation(false, false, false), Operation::PlanAndApply);
    }

    #[test]
    fn addresses_are_read_as_they_were_written() {
        for list in [Addresses::default(), addresses(&[]), addresses(&["a.b[\"c\"]", "d"])] {
            assert_eq!(Addresses::try_from(list.stored()).unwrap(), list);
        }
        assert!(Addresses::try_from(Some("no list".to_owned())).is_err());
    }
}
