//! Request documents about many resources at once: `{"data": [{"type": …, "id": …, "attributes": …}]}`.

use crate::Errors;
use crate::incoming::{Attributes, read_object};
use serde_json::{Map, Value};

/// More items than this are refused.
const ITEMS_MAX: usize = 1000;

/// One resource of a list, by its id or by its attributes.
#[derive(Debug, Clone)]
pub struct Item {
    /// A JSON pointer such as `/data/0`.
    pub place: String,
    /// Its id, where one is given.
    pub id: Option<String>,
    /// Its attributes, with their places.
    pub attributes: Attributes,
}

impl Item {
    /// Reads a list that stands at `place`.
    pub(crate) fn all(place: &str, items: &[Value]) -> Result<Vec<Self>, Errors> {
        if items.len() > ITEMS_MAX {
            return Err(Errors::invalid(place, format!("holds more than {ITEMS_MAX} items")));
        }
        items.iter().enumerate().map(|(number, item)| Self::one(format!("{place}/{number}"), item)).collect()
    }

    fn one(place: String, item: &Value) -> Result<Self, Errors> {
        let wrong = |detail: &str| Errors::invalid(place.clone(), detail);
        let item = item.as_object().ok_or_else(|| wrong("must be an object with type and id"))?;
        let id = match item.get("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id.clone()).filter(|id| !id.is_empty()),
            Some(_) => return Err(wrong("id must be a string")),
        };
        let attributes = match item.get("attributes") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(attributes)) => attributes.clone(),
            Some(_) => return Err(wrong("attributes must be an object")),
        };
        Ok(Self { attributes: Attributes::at(format!("{place}/attributes"), attributes), id, place })
    }

    /// Its id, which must be there.
    pub fn required_id(&self) -> Result<&str, Errors> {
        self.id.as_deref().ok_or_else(|| Errors::invalid(format!("{}/id", self.place), "id is missing"))
    }

    /// 422 about this item.
    pub fn wrong(&self, detail: impl Into<String>) -> Errors {
        Errors::invalid(self.place.clone(), detail)
    }
}

/// Reads the items of a body. An empty one has none.
///
/// # Errors
/// 400 when the body is no JSON object or `data` no list, 422 when an item has the wrong shape.
pub fn parse_items(body: &[u8]) -> Result<Vec<Item>, Errors> {
    match read_object(body)?.remove("data") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Item::all("/data", &items),
        Some(_) => Err(Errors::malformed("data must be a list")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Given, Incoming};

    #[test]
    fn items_by_id_and_by_attributes() {
        let body = br#"{"data":[{"type":"tags","id":"tag-1"},{"type":"tags","attributes":{"name":"net"}}]}"#;
        let items = parse_items(body).unwrap();
        assert_eq!(items[0].required_id().unwrap(), "tag-1");
        assert_eq!(items[1].attributes.required_text("name").unwrap(), "net");
        let missing = items[1].required_id().unwrap_err();
        assert_eq!(missing.objects()[0].source.as_ref().unwrap().pointer, "/data/1/id");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for body in ["", "{}", r#"{"data":null}"#, r#"{"data":[]}"#] {
            assert!(parse_items(body.as_bytes()).unwrap().is_empty(), "{body}");
        }
        for (body, status) in [
            ("[]", 400),
            (r#"{"data":{}}"#, 400),
            (r#"{"data":"x"}"#, 400),
            (r#"{"data":["x"]}"#, 422),
            (r#"{"data":[{"id":7}]}"#, 422),
            (r#"{"data":[{"attributes":[]}]}"#, 422),
        ] {
            assert_eq!(parse_items(body.as_bytes()).unwrap_err().status, status, "{body}");
        }
        let many = format!(r#"{{"data":[{}]}}"#, vec!["{}"; 1001].join(","));
        assert_eq!(parse_items(many.as_bytes()).unwrap_err().status, 422);
    }

    #[test]
    fn the_place_of_a_related_item_is_told() {
        let body = br#"{"data":{"relationships":{"tag-bindings":{"data":[{"attributes":{"key":7}}]}}}}"#;
        let incoming = Incoming::parse(body).unwrap();
        let Given::Value(items) = incoming.related_items("tag-bindings").unwrap() else { panic!() };
        let wrong = items[0].attributes.text("key").unwrap_err();
        let place = "/data/relationships/tag-bindings/data/0/attributes/key";
        assert_eq!(wrong.objects()[0].source.as_ref().unwrap().pointer, place);
        assert!(matches!(incoming.related_items("other").unwrap(), Given::Absent));
    }
}
