//! What one route takes and answers. The rest follows from the route itself: its path, its verb, and the refusals
//! that its [`Needs`](crate::platform::access::Needs) and its body bring with them.

use super::field::{Field, text, whole};
use super::resource::ResourceType;

/// The description of one route.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The route's `operation`.
    pub id: &'static str,
    /// A few words.
    pub summary: &'static str,
    /// Query parameters that are read.
    pub query: Vec<Field>,
    /// The body.
    pub takes: Takes,
    /// What is answered when it did as asked.
    pub answers: Vec<(u16, Answer)>,
    /// Statuses of refusals beside those every such route has.
    pub refuses: Vec<u16>,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub enum Takes {
    /// None that is looked at.
    Nothing,
    /// One resource.
    Resource {
        /// Its type.
        kind: &'static str,
        /// Its attributes.
        attributes: Vec<Field>,
        /// Its relationships.
        links: Vec<Link>,
    },
    /// A list of resources of one type.
    Resources {
        /// Their type.
        kind: &'static str,
        /// Their attributes; none where only ids are read.
        attributes: Vec<Field>,
    },
    /// Members beside `data`: the bodies of actions.
    Plain(Vec<Field>),
    /// Bytes of this media type.
    Bytes(&'static str),
}

/// A relationship in a request.
#[derive(Debug, Clone)]
pub struct Link {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) is_many: bool,
    pub(super) is_required: bool,
}

/// A relationship to one resource, or to none.
pub fn to_one(name: &'static str, kind: &'static str) -> Link {
    Link { name, kind, is_many: false, is_required: false }
}

/// A relationship to many.
pub fn to_many(name: &'static str, kind: &'static str) -> Link {
    Link { name, kind, is_many: true, is_required: false }
}

impl Link {
    /// A request without it is refused.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }
}

/// The body of an answer.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// None.
    Nothing,
    /// A document about one resource.
    One(ResourceType),
    /// All of many.
    Many(ResourceType),
    /// One page of many.
    Page(ResourceType),
    /// One page of many that nobody has counted (api-contract 4.3).
    UncountedPage(ResourceType),
    /// All of many, or one page when one is asked for (api-contract 2.6).
    PageIfAsked(ResourceType),
    /// None; the header `Location` says where to go.
    Redirect,
    /// Bytes of this media type.
    Bytes(&'static str),
}

/// Begins a description.
pub fn operation(id: &'static str, summary: &'static str) -> Operation {
    let takes = Takes::Nothing;
    Operation { id, summary, query: Vec::new(), takes, answers: Vec::new(), refuses: Vec::new() }
}

impl Operation {
    /// Adds query parameters.
    #[must_use]
    pub fn query(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.query.extend(fields);
        self
    }

    /// Adds `page[number]` and `page[size]`; numbers out of range are brought into range.
    #[must_use]
    pub fn paged(self) -> Self {
        self.query([whole("page[number]", 1, i64::from(u32::MAX)), whole("page[size]", 1, 100)])
    }

    /// Adds `include`, a comma list; unknown items are ignored.
    #[must_use]
    pub fn include(self, items: &'static str) -> Self {
        self.query([text("include").note(items)])
    }

    /// Takes one resource.
    #[must_use]
    pub fn takes(
        mut self,
        kind: &'static str,
        attributes: impl IntoIterator<Item = Field>,
        links: impl IntoIterator<Item = Link>,
    ) -> Self {
        self.takes = Takes::Resource {
            kind,
            attributes: attributes.into_iter().collect(),
            links: links.into_iter().collect(),
        };
        self
    }

    /// Takes a list of resources of one type; without attributes, of their ids.
    #[must_use]
    pub fn takes_many(mut self, kind: &'static str, attributes: impl IntoIterator<Item = Field>) -> Self {
        self.takes = Takes::Resources { kind, attributes: attributes.into_iter().collect() };
        self
    }

    /// Takes plain members; an empty body is fine.
    #[must_use]
    pub fn takes_plain(mut self, members: impl IntoIterator<Item = Field>) -> Self {
        self.takes = Takes::Plain(members.into_iter().collect());
        self
    }

    /// Takes bytes.
    #[must_use]
    pub fn takes_bytes(mut self, media_type: &'static str) -> Self {
        self.takes = Takes::Bytes(media_type);
        self
    }

    /// Adds a status with its body.
    #[must_use]
    pub fn answers(mut self, status: u16, answer: Answer) -> Self {
        self.answers.push((status, answer));
        self
    }

    /// Adds statuses of refusals.
    #[must_use]
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refuses.extend(statuses);
        self
    }
}
