//! The `ingress_attributes` table.

mod list;

pub use list::{of_these, shapes};

use crate::ids::{ConfigurationVersionId, IngressAttributesId};
use crate::platform::db::{DbError, Exec, Tx, sql};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.configuration_version_id, i.branch, i.clone_url, i.commit_message, i.commit_sha, i.commit_url, ",
            "i.compare_url, i.identifier, i.is_pull_request, i.on_default_branch, i.pull_request_number, i.pull_request_url, ",
            "i.pull_request_title, i.pull_request_body, i.tag, i.sender_username, i.sender_avatar_url, i.sender_html_url ",
            "FROM ingress_attributes i ",
            $rest
        )
    };
}
use select;

const FIND: &str = select!("WHERE i.configuration_version_id = $1");
const INSERT: &str = "INSERT INTO ingress_attributes (id, configuration_version_id, branch, clone_url, commit_message, \
     commit_sha, commit_url, compare_url, identifier, is_pull_request, on_default_branch, pull_request_number, \
     pull_request_url, pull_request_title, pull_request_body, tag, sender_username, sender_avatar_url, sender_html_url) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";

/// Every statement here.
pub const STATEMENTS: &[&str] = &[FIND, INSERT];

/// What version control says. Each text is absent where nobody has said it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct IngressAttributes {
    /// These attributes.
    #[sqlx(try_from = "String")]
    pub id: IngressAttributesId,
    /// Of which configuration version.
    #[sqlx(try_from = "String")]
    pub configuration_version_id: ConfigurationVersionId,
    /// The branch.
    pub branch: Option<String>,
    /// Where the repository can be cloned from.
    pub clone_url: Option<String>,
    /// The commit's message.
    pub commit_message: Option<String>,
    /// The commit.
    pub commit_sha: Option<String>,
    /// Where the commit can be seen.
    pub commit_url: Option<String>,
    /// Where its changes can be seen.
    pub compare_url: Option<String>,
    /// The repository, such as `acme/net`.
    pub identifier: Option<String>,
    /// Made for a pull request.
    pub is_pull_request: bool,
    /// The branch is the repository's default.
    pub on_default_branch: bool,
    /// The pull request's number.
    pub pull_request_number: Option<i64>,
    /// Where it can be seen.
    pub pull_request_url: Option<String>,
    /// Its title.
    pub pull_request_title: Option<String>,
    /// Its description.
    pub pull_request_body: Option<String>,
    /// The tag.
    pub tag: Option<String>,
    /// Who pushed.
    pub sender_username: Option<String>,
    /// Their picture.
    pub sender_avatar_url: Option<String>,
    /// Their page.
    pub sender_html_url: Option<String>,
}

/// Those of a configuration version.
pub async fn find(
    exec: impl Exec,
    id: &ConfigurationVersionId,
) -> Result<Option<IngressAttributes>, DbError> {
    exec.optional(sql(FIND).bind(id)).await
}

/// Keeps them, for a configuration version that has none.
pub async fn insert(
    tx: &mut Tx,
    id: &ConfigurationVersionId,
    row: &IngressAttributes,
) -> Result<(), DbError> {
    let query = sql(INSERT)
        .bind(&row.id)
        .bind(id)
        .bind(row.branch.clone())
        .bind(row.clone_url.clone())
        .bind(row.commit_message.clone())
        .bind(row.commit_sha.clone())
        .bind(row.commit_url.clone())
        .bind(row.compare_url.clone())
        .bind(row.identifier.clone())
        .bind(row.is_pull_request)
        .bind(row.on_default_branch)
        .bind(row.pull_request_number)
        .bind(row.pull_request_url.clone())
        .bind(row.pull_request_title.clone())
        .bind(row.pull_request_body.clone())
        .bind(row.tag.clone())
        .bind(row.sender_username.clone())
        .bind(row.sender_avatar_url.clone())
        .bind(row.sender_html_url.clone());
    tx.run(query).await.map(drop)
}
