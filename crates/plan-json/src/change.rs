//! What the summary reads of one resource or output change.

use std::marker::PhantomData;

use serde::{
    Deserialize,
    de::{self, IgnoredAny, MapAccess},
};

use crate::splitter::Text;

/// What a plan would do to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    NoOp,
    Read,
    Create,
    Update,
    Delete,
    /// In either order.
    Replace,
    Forget,
    /// A replacement that lets go of the old object instead of destroying it, in either order.
    ReplaceAndForget,
    /// One that came after this was written: it does something, but nothing that is counted.
    Unknown,
}

impl Action {
    /// Whether an apply would do something because of it.
    pub(crate) fn is_change(self) -> bool {
        !matches!(self, Self::NoOp | Self::Read)
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<Text<'de>>::deserialize(deserializer)?;
        let names: Vec<&[u8]> = names.iter().map(|name| name.0.as_ref()).collect();
        Ok(match names.as_slice() {
            [b"no-op"] => Self::NoOp,
            [b"read"] => Self::Read,
            [b"create"] => Self::Create,
            [b"update"] => Self::Update,
            [b"delete"] => Self::Delete,
            [b"delete", b"create"] | [b"create", b"delete"] => Self::Replace,
            [b"forget"] => Self::Forget,
            // OpenTofu prints these the other way round than Terraform.
            [b"create", b"forget"] | [b"forget", b"create"] => Self::ReplaceAndForget,
            _ => Self::Unknown,
        })
    }
}

/// One element of `resource_changes` or `resource_drift`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourceChange {
    pub(crate) is_managed: Option<bool>,
    pub(crate) is_moved: bool,
    pub(crate) change: Option<Change>,
}

/// What is planned for it; outputs have only this part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) action: Option<Action>,
    pub(crate) is_import: bool,
    pub(crate) has_generated_configuration: bool,
}

impl Fields for ResourceChange {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &[u8], map: &mut A) -> Result<Option<u32>, A::Error> {
        let bit = match key {
            b"mode" => {
                let mode: Option<Text<'de>> = map.next_value()?;
                self.is_managed = mode.map(|mode| *mode.0 == *b"managed");
                0
            }
            b"previous_address" => {
                self.is_moved = map.next_value::<Option<IgnoredAny>>()?.is_some();
                1
            }
            b"change" => {
                self.change = map.next_value::<Option<Object<Change>>>()?.map(|change| change.0);
                2
            }
            _ => return Ok(None),
        };
        Ok(Some(bit))
    }
}

impl Fields for Change {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &[u8], map: &mut A) -> Result<Option<u32>, A::Error> {
        let bit = match key {
            b"actions" => {
                self.action = map.next_value()?;
                0
            }
            b"importing" => {
                self.is_import = map.next_value::<Option<IgnoredAny>>()?.is_some();
                1
            }
            b"generated_config" => {
                let text: Option<Text<'de>> = map.next_value()?;
                self.has_generated_configuration = text.is_some_and(|text| !text.0.is_empty());
                2
            }
            _ => return Ok(None),
        };
        Ok(Some(bit))
    }
}

/// The fields that are read of an object; the others are passed over.
pub(crate) trait Fields: Default {
    /// Reads the value of a known key and says which one it was; leaves that of any other unread.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &[u8], map: &mut A) -> Result<Option<u32>, A::Error>;
}

/// An object with its known fields. Derived code would decode every key as a Rust string, which half a
/// surrogate pair in a key nobody asked for makes fail.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Fields> Deserialize<'de> for Object<T> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Fields> de::Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = T::default();
        let mut seen = 0_u32;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            match object.field(&key.0, &mut map)? {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(bit) if seen & (1 << bit) != 0 => return Err(de::Error::custom("a key is repeated")),
                Some(bit) => seen |= 1 << bit,
            }
        }
        Ok(Object(object))
    }
}
