//! Which of several variables with one key a run gets (api-contract section 9). No IO.

use std::collections::HashMap;

/// How a variable set comes to a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetScope {
    /// The set.
    pub set_id: String,
    /// Decides between sets of one rank: the smallest name, by code points, is the strongest.
    pub set_name: String,
    /// Beats the workspace's variables and those of the run.
    pub priority: bool,
    /// Applies to every workspace of its organization.
    pub global: bool,
    /// Belongs to the workspace's project and not to the organization.
    pub of_project: bool,
    /// Applied to the workspace's project.
    pub on_project: bool,
    /// Applied to the workspace itself.
    pub on_workspace: bool,
}

/// Where a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Given with the run.
    Run,
    /// The workspace's own.
    Workspace,
    /// Of a set.
    Set(SetScope),
}

/// The weakest rank; never reached by a set that applies.
const NOWHERE: u8 = 14;

impl Source {
    /// 1 is the strongest. The numbers are those of api-contract section 9; a set that comes several ways counts by
    /// the strongest.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Run => 6,
            Self::Workspace => 8,
            Self::Set(set) => {
                let ways = [
                    (set.global, 1, 13),
                    (set.on_project && !set.of_project, 2, 12),
                    (set.on_workspace && !set.of_project, 3, 11),
                    (set.on_project && set.of_project, 4, 10),
                    (set.on_workspace && set.of_project, 5, 9),
                ];
                let ranks = ways.iter().filter(|(is_so, ..)| *is_so);
                let ranks = ranks.map(|(_, first, later)| if set.priority { *first } else { *later });
                ranks.min().unwrap_or(NOWHERE)
            }
        }
    }

    /// The set's name, of which the smaller one is stronger, and its id, so that no two compare equal.
    fn name(&self) -> (&str, &str) {
        match self {
            Self::Set(set) => (&set.set_name, &set.set_id),
            Self::Run | Self::Workspace => ("", ""),
        }
    }
}

/// One variable that counts, and those it beats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Winner {
    /// The index of the variable among those that were given.
    pub index: usize,
    /// The indices of the weaker ones with the same category and key, the strongest first.
    pub beaten: Vec<usize>,
}

/// Decides for each category and key; in the order in which the keys were met first.
pub fn decide<K: Eq + std::hash::Hash>(variables: impl IntoIterator<Item = (K, Source)>) -> Vec<Winner> {
    let (mut order, mut sources): (HashMap<K, usize>, Vec<Source>) = (HashMap::new(), Vec::new());
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, (key, source)) in variables.into_iter().enumerate() {
        let next = groups.len();
        let place = *order.entry(key).or_insert(next);
        if place == next {
            groups.push(Vec::new());
        }
        groups[place].push(index);
        sources.push(source);
    }
    let decided = groups.into_iter().filter_map(|mut group| {
        group.sort_by(|one, other| {
            let of = |index: usize| (sources[index].rank(), sources[index].name());
            of(*one).cmp(&of(*other))
        });
        let mut group = group.into_iter();
        Some(Winner { index: group.next()?, beaten: group.collect() })
    });
    decided.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, ways: &str) -> Source {
        Source::Set(SetScope {
            set_id: format!("varset-{name}"),
            set_name: name.to_owned(),
            priority: ways.contains("priority"),
            global: ways.contains("global"),
            of_project: ways.contains("owned"),
            on_project: ways.contains("on-project"),
            on_workspace: ways.contains("on-workspace"),
        })
    }

    /// From the strongest to the weakest, as the contract lists them.
    fn all() -> Vec<Source> {
        vec![
            set("a", "priority global"),
            set("a", "priority on-project"),
            set("a", "priority on-workspace"),
            set("a", "priority owned on-project"),
            set("a", "priority owned on-workspace"),
            Source::Run,
            Source::Workspace,
            set("a", "owned on-workspace"),
            set("a", "owned on-project"),
            set("a", "on-workspace"),
            set("a", "on-project"),
            set("a", "global"),
        ]
    }

    #[test]
    fn the_order_is_that_of_the_contract() {
        let all = all();
        for (strong, weak) in all.iter().zip(&all[1..]) {
            assert!(strong.rank() < weak.rank(), "{strong:?} {weak:?}");
        }
        let backwards = all.iter().rev().map(|source| ("k", source.clone()));
        let winners = decide(backwards);
        assert_eq!(winners, [Winner { index: 11, beaten: (0..11).rev().collect() }]);
    }

    #[test]
    fn of_equals_the_smallest_name_wins() {
        for (names, expected) in [(["b", "a", "c"], 1), (["a", "B", "Z"], 1), (["é", "z", "f"], 2)] {
            let winners = decide(names.map(|name| ("k", set(name, "on-workspace"))));
            assert_eq!(winners[0].index, expected, "{names:?}");
        }
    }

    #[test]
    fn a_set_that_comes_several_ways_counts_by_the_strongest() {
        assert_eq!(set("a", "on-project on-workspace").rank(), set("a", "on-workspace").rank());
        let priority = set("a", "priority on-project on-workspace");
        assert_eq!(priority.rank(), set("a", "priority on-project").rank());
    }

    #[test]
    fn keys_are_decided_one_by_one() {
        let variables = [
            (("env", "k"), Source::Workspace),
            (("terraform", "k"), set("a", "global")),
            (("env", "k"), set("a", "priority global")),
            (("terraform", "other"), Source::Run),
        ];
        let winners = decide(variables);
        assert_eq!(winners.iter().map(|winner| winner.index).collect::<Vec<_>>(), [2, 1, 3]);
        assert_eq!(winners[0].beaten, [0]);
    }
}
