//! Lists that come in: documents about many resources, and to-many relationships.

use crate::incoming::read_object;
use crate::{Errors, Given, Incoming};
use serde_json::{Map, Value};

/// A list longer than this is refused.
const ITEMS_MAX: usize = 1000;

impl Incoming {
    /// Reads a body whose `data` is a list. One object is a list of one; an empty body is an empty list.
    ///
    /// # Errors
    /// 400 when the body is not a JSON object with such a member, 422 when an item has the wrong shape.
    pub fn parse_list(body: &[u8]) -> Result<Vec<Self>, Errors> {
        let data = match read_object(body)?.remove("data") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(item @ Value::Object(_)) => vec![item],
            Some(_) => return Err(Errors::malformed("data must be a list of objects")),
        };
        items(data, "/data")
    }

    /// The resources a to-many relationship points at.
    ///
    /// # Errors
    /// 422 with the place when it is not an object whose `data` is a list of objects.
    pub fn related_list(&self, name: &str) -> Result<Given<Vec<Self>>, Errors> {
        let place = format!("/data/relationships/{name}");
        let wrong = || {
            let detail = format!("{name} must be an object whose data is a list of objects with type and id");
            Errors::invalid(place.clone(), detail)
        };
        match self.relationship(name).map_err(|()| wrong())? {
            None => Ok(Given::Absent),
            Some(Value::Null) => Ok(Given::Null),
            Some(Value::Array(list)) => items(list.clone(), &format!("{place}/data")).map(Given::Value),
            Some(_) => Err(wrong()),
        }
    }

    /// The resource a to-one relationship points at, with its type: for relationships to several types.
    ///
    /// # Errors
    /// 422 with the place when it is not an object whose `data` is a resource.
    pub fn related_one(&self, name: &str) -> Result<Given<Self>, Errors> {
        let place = format!("/data/relationships/{name}");
        let wrong =
            || Errors::invalid(place.clone(), format!("{name} must be an object whose data is a resource"));
        match self.relationship(name).map_err(|()| wrong())? {
            None => Ok(Given::Absent),
            Some(Value::Null) => Ok(Given::Null),
            Some(Value::Object(data)) => {
                Self::from_parts(data.clone(), Map::new()).map(Given::Value).map_err(|_| wrong())
            }
            Some(_) => Err(wrong()),
        }
    }

    /// The `data` of a relationship, where it is given.
    fn relationship(&self, name: &str) -> Result<Option<&Value>, ()> {
        match self.relationships.get(name) {
            None => Ok(None),
            Some(Value::Object(relationship)) => Ok(relationship.get("data")),
            Some(_) => Err(()),
        }
    }
}

fn items(list: Vec<Value>, place: &str) -> Result<Vec<Incoming>, Errors> {
    if list.len() > ITEMS_MAX {
        return Err(Errors::invalid(place, format!("the list has more than {ITEMS_MAX} items")));
    }
    let read = |(index, item)| match item {
        Value::Object(item) => Incoming::from_parts(item, Map::new()),
        _ => Err(Errors::invalid(format!("{place}/{index}"), "each item must be an object")),
    };
    list.into_iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(errors: &Errors) -> &str {
        errors.objects()[0].source.as_ref().map_or("", |source| source.pointer.as_str())
    }

    #[test]
    fn a_list_of_every_shape() {
        let list = |text: &str| Incoming::parse_list(text.as_bytes());
        for empty in ["", "{}", r#"{"data":null}"#, r#"{"data":[]}"#] {
            assert_eq!(list(empty).unwrap().len(), 0, "{empty}");
        }
        let two = list(r#"{"data":[{"type":"vars","id":"var-1"},{"attributes":{"a_b":true}}]}"#).unwrap();
        assert_eq!((two[0].kind(), two[0].id()), (Some("vars"), Some("var-1")));
        assert_eq!(two[1].attributes.boolean("a-b").unwrap(), Given::Value(true));
        assert_eq!(list(r#"{"data":{"id":"x"}}"#).unwrap()[0].id(), Some("x"));
        for malformed in ["[]", "7", r#"{"data":7}"#, r#"{"data":[{"type":7}]}"#] {
            assert_eq!(list(malformed).unwrap_err().status, 400, "{malformed}");
        }
        let wrong = list(r#"{"data":[{"id":"x"},7]}"#).unwrap_err();
        assert_eq!((wrong.status, pointer(&wrong)), (422, "/data/1"));
        let many = format!(r#"{{"data":[{}{{}}]}}"#, "{},".repeat(ITEMS_MAX));
        assert_eq!(list(&many).unwrap_err().status, 422);
    }

    #[test]
    fn relationships_to_many_and_to_one_of_several_types() {
        let text = r#"{"data":{"relationships":{"a":{"data":[{"id":"x","type":"vars"}]},"b":{"data":{"type":"projects","id":"p"}},
            "c":{"data":7},"d":{"data":null},"e":[],"f":{"data":[7]}}}}"#;
        let incoming = Incoming::parse(text.as_bytes()).unwrap();
        let many = incoming.related_list("a").unwrap().value().unwrap();
        assert_eq!(many[0].id(), Some("x"));
        let one = incoming.related_one("b").unwrap().value().unwrap();
        assert_eq!((one.kind(), one.id()), (Some("projects"), Some("p")));
        assert!(matches!(incoming.related_list("d").unwrap(), Given::Null));
        assert!(matches!(incoming.related_one("none").unwrap(), Given::Absent));
        for name in ["b", "c", "e", "f"] {
            let errors = incoming.related_list(name).unwrap_err();
            assert!(pointer(&errors).starts_with(&format!("/data/relationships/{name}")), "{name}");
        }
        for name in ["a", "c", "e"] {
            assert!(incoming.related_one(name).is_err(), "{name}");
        }
    }

    #[test]
    fn errors_move_with_their_item() {
        let errors = Errors::invalid("/data/attributes/key", "x").relocated("/data", "/data/3");
        assert_eq!(pointer(&errors), "/data/3/attributes/key");
    }
}
