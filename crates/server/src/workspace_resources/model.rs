//! Instances of resources, from one state to the next.

use crate::clock::Time;
use crate::ids::{StateVersionId, WorkspaceResourceId};
use crate::state_versions::contents::{Instance, ResourceSummary, instance_address};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// One instance. Times are microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceResource {
    /// `wsr-…`, the same as long as the address is there.
    pub id: String,
    /// As engines print it.
    pub address: String,
    /// Such as `web`.
    pub name: String,
    /// Such as `aws_instance`.
    pub kind: String,
    /// `root`, or the module's address.
    pub module: String,
    /// Such as `hashicorp/aws`.
    pub provider: String,
    /// The index as text, where there is one.
    pub index: Option<String>,
    /// By which a change is seen.
    pub digest: String,
    /// When it came.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
    /// By which state.
    pub state_version_id: String,
}

/// What a new state makes of the instances of the one before: what is the same stays as it was known.
pub fn next(
    before: Vec<WorkspaceResource>,
    resources: Vec<(ResourceSummary, Vec<Instance>)>,
    version: &StateVersionId,
    at: Time,
) -> Vec<WorkspaceResource> {
    let mut known: HashMap<String, WorkspaceResource> =
        before.into_iter().map(|one| (one.address.clone(), one)).collect();
    let mut all = Vec::new();
    for (resource, instances) in resources {
        for Instance(index, digest) in instances {
            let address = instance_address(&resource.module, &resource.kind, &resource.name, &index);
            let provider = provider(&resource.provider);
            let before = known.remove(&address);
            let is_same = before.as_ref().is_some_and(|before| before.digest == digest);
            all.push(match before {
                Some(before) if is_same => WorkspaceResource { provider, ..before },
                before => WorkspaceResource {
                    id: before
                        .as_ref()
                        .map_or_else(|| WorkspaceResourceId::random().into(), |one| one.id.clone()),
                    address,
                    name: resource.name.clone(),
                    kind: resource.kind.clone(),
                    module: resource.module.clone(),
                    provider,
                    index: index_text(&index),
                    digest,
                    created_at: before.map_or(at.0, |before| before.created_at),
                    updated_at: at.0,
                    state_version_id: version.to_string(),
                },
            });
        }
    }
    all
}

fn index_text(index: &Value) -> Option<String> {
    match index {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `hashicorp/random` of `provider["registry.terraform.io/hashicorp/random"]`; an older form stays as it is.
fn provider(written: &str) -> String {
    let address = written.split('"').nth(1).unwrap_or(written);
    let parts: Vec<&str> = address.rsplitn(3, '/').collect();
    match parts[..] {
        [name, namespace, _] => format!("{namespace}/{name}"),
        _ => address.to_owned(),
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As the state has them.
    Written,
    /// By one attribute.
    By(Key),
}

/// What a list may be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `name`.
    Name,
    /// `nameIndex`.
    Index,
    /// `provider`.
    Provider,
    /// `providerType`.
    Kind,
    /// `module`.
    Module,
    /// `updatedAt`.
    UpdatedAt,
}

impl Order {
    /// Reads `name:asc`, `updatedAt:desc`; what is unknown leaves the order of the state. True for the other way round.
    pub fn parse(text: &str) -> (Self, bool) {
        let (field, direction) = text.split_once(':').unwrap_or((text, "asc"));
        let key = match field {
            "name" => Key::Name,
            "nameIndex" => Key::Index,
            "provider" => Key::Provider,
            "providerType" => Key::Kind,
            "module" => Key::Module,
            "updatedAt" => Key::UpdatedAt,
            _ => return (Self::Written, false),
        };
        (Self::By(key), direction == "desc")
    }

    /// Orders a list; of equal ones the order of the state stays.
    pub fn sort(self, list: &mut [WorkspaceResource], descending: bool) {
        let Self::By(key) = self else { return };
        list.sort_by(|one, other| {
            let order = match key {
                Key::Name => one.name.cmp(&other.name),
                Key::Index => index_order(one).cmp(&index_order(other)),
                Key::Provider => one.provider.cmp(&other.provider),
                Key::Kind => one.kind.cmp(&other.kind),
                Key::Module => one.module.cmp(&other.module),
                Key::UpdatedAt => one.updated_at.cmp(&other.updated_at),
            };
            if descending { order.reverse() } else { order }
        });
    }
}

/// Without an index first, then numbers as numbers, then texts.
fn index_order(one: &WorkspaceResource) -> (bool, bool, u64, &str) {
    let index = one.index.as_deref();
    let number = index.and_then(|index| index.parse::<u64>().ok());
    (index.is_some(), number.is_none(), number.unwrap_or(0), index.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(instances: &[(Value, &str)]) -> Vec<(ResourceSummary, Vec<Instance>)> {
        let resource = ResourceSummary {
            name: "x".into(),
            kind: "random_pet".into(),
            count: instances.len() as u64,
            module: "root".into(),
            provider: "provider[\"registry.terraform.io/hashicorp/random\"]".into(),
        };
        let instances = instances.iter().map(|(index, digest)| Instance(index.clone(), (*digest).to_owned()));
        vec![(resource, instances.collect())]
    }

    #[test]
    fn what_stays_the_same_keeps_its_times() {
        let (one, two) = (StateVersionId::random(), StateVersionId::random());
        let first =
            next(Vec::new(), state(&[(json!("a"), "1"), (json!(0), "1"), (json!(9), "1")]), &one, Time(1));
        assert_eq!(first[0].address, "random_pet.x[\"a\"]");
        assert_eq!(first[1].address, "random_pet.x[0]");
        assert_eq!(first[0].provider, "hashicorp/random");
        let second =
            next(first.clone(), state(&[(json!("a"), "1"), (json!(0), "2"), (json!(5), "1")]), &two, Time(2));
        assert_eq!(second[0], first[0]);
        assert_eq!((&second[1].id, second[1].created_at, second[1].updated_at), (&first[1].id, 1, 2));
        assert_eq!(second[1].state_version_id, two.as_str());
        assert_eq!((second[2].created_at, second[2].address.as_str()), (2, "random_pet.x[5]"));
        assert_eq!(second.len(), 3);
    }

    #[test]
    fn indexes_are_in_the_order_of_numbers() {
        let version = StateVersionId::random();
        let indexes = [json!("b"), json!(10), json!(9), Value::Null].map(|index| (index, "1"));
        let mut list = next(Vec::new(), state(&indexes), &version, Time(1));
        let (order, descending) = Order::parse("nameIndex:asc");
        order.sort(&mut list, descending);
        let indexes: Vec<_> = list.iter().map(|one| one.index.as_deref()).collect();
        assert_eq!(indexes, [None, Some("9"), Some("10"), Some("b")]);
        assert_eq!(Order::parse("nonsense"), (Order::Written, false));
        assert!(Order::parse("name:desc").1);
    }

    #[test]
    fn providers_in_short() {
        assert_eq!(provider("provider[\"terraform.io/builtin/terraform\"]"), "builtin/terraform");
        assert_eq!(provider("provider.aws"), "provider.aws");
        assert_eq!(
            provider("module.a.provider[\"registry.opentofu.org/hashicorp/null\"].b"),
            "hashicorp/null"
        );
    }
}
