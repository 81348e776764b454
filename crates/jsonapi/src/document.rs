//! What goes out: documents, resources, relationships.

use crate::Pagination;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

/// A resource's name: its type and id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ResourceId {
    /// Such as `runs`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Such as `run-…`.
    pub id: String,
}

impl ResourceId {
    /// Names one resource.
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// How one resource points at others.
#[derive(Debug, Clone)]
pub enum Relationship {
    /// To one, or to none: `data` is always present.
    One(Option<ResourceId>),
    /// To many.
    Many(Vec<ResourceId>),
    /// To one, with a `related` link.
    OneAt(Option<ResourceId>, String),
    /// Only a `related` link.
    At(String),
}

impl Relationship {
    /// To exactly one resource.
    pub fn to(kind: &'static str, id: impl Into<String>) -> Self {
        Self::One(Some(ResourceId::new(kind, id)))
    }
}

impl Serialize for Relationship {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Related<'a> {
            related: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::One(data) => map.serialize_entry("data", data)?,
            Self::Many(data) => map.serialize_entry("data", data)?,
            Self::OneAt(data, related) => {
                map.serialize_entry("data", data)?;
                map.serialize_entry("links", &Related { related })?;
            }
            Self::At(related) => map.serialize_entry("links", &Related { related })?,
        }
        map.end()
    }
}

/// One resource, ready to be written.
#[derive(Debug, Clone)]
pub struct Resource {
    name: ResourceId,
    attributes: Box<RawValue>,
    relationships: Vec<(&'static str, Relationship)>,
    links: Vec<(&'static str, Option<String>)>,
}

impl Resource {
    /// A resource with these attributes.
    ///
    /// # Panics
    /// When the attributes do not serialize to JSON: a map with keys that are no text, which no type here has.
    pub fn new(kind: &'static str, id: impl Into<String>, attributes: &impl Serialize) -> Self {
        let attributes =
            serde_json::value::to_raw_value(attributes).expect("attribute structs have text keys");
        Self { name: ResourceId::new(kind, id), attributes, relationships: Vec::new(), links: Vec::new() }
    }

    /// Adds a relationship, in the place of an earlier one of the same name.
    #[must_use]
    pub fn relate(mut self, name: &'static str, relationship: Relationship) -> Self {
        match self.relationships.iter_mut().find(|(other, _)| *other == name) {
            Some((_, earlier)) => *earlier = relationship,
            None => self.relationships.push((name, relationship)),
        }
        self
    }

    /// Adds a link; `None` is written as `null`.
    #[must_use]
    pub fn link(mut self, name: &'static str, to: impl Into<Option<String>>) -> Self {
        self.links.push((name, to.into()));
        self
    }

    /// The resource's name.
    pub fn name(&self) -> &ResourceId {
        &self.name
    }
}

struct Pairs<'a, T>(&'a [(&'static str, T)]);

impl<T: Serialize> Serialize for Pairs<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (*key, value)))
    }
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.name.id)?;
        map.serialize_entry("type", self.name.kind)?;
        map.serialize_entry("attributes", &self.attributes)?;
        if !self.relationships.is_empty() {
            map.serialize_entry("relationships", &Pairs(&self.relationships))?;
        }
        if !self.links.is_empty() {
            map.serialize_entry("links", &Pairs(&self.links))?;
        }
        map.end()
    }
}

#[derive(Debug, Clone)]
enum Data {
    One(Box<Resource>),
    Many(Vec<Resource>),
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Document {
    data: Data,
    included: Vec<Resource>,
    pagination: Option<Pagination>,
}

impl Document {
    /// About one resource.
    pub fn one(resource: Resource) -> Self {
        Self { data: Data::One(Box::new(resource)), included: Vec::new(), pagination: None }
    }

    /// About many, not paginated.
    pub fn many(resources: Vec<Resource>) -> Self {
        Self { data: Data::Many(resources), included: Vec::new(), pagination: None }
    }

    /// One page of many.
    pub fn page(resources: Vec<Resource>, pagination: Pagination) -> Self {
        Self { data: Data::Many(resources), included: Vec::new(), pagination: Some(pagination) }
    }

    /// Adds full resources beside the data, each at most once.
    #[must_use]
    pub fn include(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        for resource in resources {
            if !self.included.iter().any(|other| other.name == resource.name) {
                self.included.push(resource);
            }
        }
        self
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.data {
            Data::One(resource) => map.serialize_entry("data", resource)?,
            Data::Many(resources) => map.serialize_entry("data", resources)?,
        }
        if !self.included.is_empty() {
            map.serialize_entry("included", &self.included)?;
        }
        if let Some(pagination) = &self.pagination {
            map.serialize_entry("links", &pagination.links())?;
            map.serialize_entry("meta", &pagination.meta())?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Attributes {
        has_changes: bool,
    }

    fn run() -> Resource {
        Resource::new("runs", "run-1", &Attributes { has_changes: true })
            .relate("plan", Relationship::At("/api/v2/runs/run-1/plan".into()))
            .relate("plan", Relationship::to("plans", "plan-1"))
            .relate("confirmed-by", Relationship::One(None))
            .relate("comments", Relationship::At("/api/v2/runs/run-1/comments".into()))
            .link("self", "/api/v2/runs/run-1".to_owned())
            .link("json-output", None)
    }

    #[test]
    fn one_resource_with_everything() {
        let document = Document::one(run()).include([run(), run()]);
        // insta's own serializer does not know serde_json's raw values
        let document = serde_json::to_value(&document).unwrap();
        insta::assert_json_snapshot!(document, @r#"
        {
          "data": {
            "id": "run-1",
            "type": "runs",
            "attributes": {
              "has-changes": true
            },
            "relationships": {
              "plan": {
                "data": {
                  "type": "plans",
                  "id": "plan-1"
                }
              },
              "confirmed-by": {
                "data": null
              },
              "comments": {
                "links": {
                  "related": "/api/v2/runs/run-1/comments"
                }
              }
            },
            "links": {
              "self": "/api/v2/runs/run-1",
              "json-output": null
            }
          },
          "included": [
            {
              "id": "run-1",
              "type": "runs",
              "attributes": {
                "has-changes": true
              },
              "relationships": {
                "plan": {
                  "data": {
                    "type": "plans",
                    "id": "plan-1"
                  }
                },
                "confirmed-by": {
                  "data": null
                },
                "comments": {
                  "links": {
                    "related": "/api/v2/runs/run-1/comments"
                  }
                }
              },
              "links": {
                "self": "/api/v2/runs/run-1",
                "json-output": null
              }
            }
          ]
        }
        "#);
    }
}
