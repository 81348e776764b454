//! Making and changing variables, and opening them for a run.

use super::model::{VariableCategory, is_key};
use super::store::{self, Variable};
use crate::app::App;
use crate::ids::{VariableId, WorkspaceId, random_text};
use crate::platform::access::{Granted, WorkspaceScope};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::secrets::Place;
use crate::workspaces;
use terrane_jsonapi::{Given, Incoming};
use terrane_wire::Secret;

pub(super) const DESCRIPTION_CHARS_MAX: usize = 512;

/// Makes a variable.
pub(super) async fn create(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    body: &Incoming,
) -> ApiResult<Variable> {
    body.expect_kind("vars")?;
    body.attributes.required_text("key")?;
    let now = app.clock.now();
    let mut variable = Variable {
        id: VariableId::random(),
        workspace_id: granted.workspace_id.clone(),
        key: String::new(),
        value_sealed: Vec::new(),
        category: VariableCategory::Terraform,
        hcl: false,
        sensitive: false,
        description: None,
        version_id: String::new(),
        created_at: now,
    };
    if !body.attributes.names("category") {
        return Err(ApiError::invalid_attribute("category", "category must be terraform or env"));
    }
    variable.value_sealed = seal(app, &variable, "");
    apply(app, &mut variable, body)?;
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &granted.workspace_id, now).await?;
    let limit = app.config.limits.variables_max;
    if store::count(&mut tx, &granted.workspace_id).await? >= limit {
        return Err(ApiError::unprocessable(
            "too many variables",
            format!("a workspace has at most {limit} variables"),
        ));
    }
    store::insert(&mut tx, &variable).await.map_err(taken)?;
    tx.commit().await?;
    Ok(variable)
}

/// Changes what the body names.
pub(super) async fn update(
    app: &App,
    granted: &Granted<WorkspaceScope>,
    id: &str,
    body: &Incoming,
) -> ApiResult<Variable> {
    body.expect_kind("vars")?;
    let mut tx = app.db.begin().await?;
    workspaces::store::guard(&mut tx, &granted.workspace_id, app.clock.now()).await?;
    let mut variable =
        store::find(&mut tx, &granted.workspace_id, id).await?.ok_or_else(ApiError::not_found)?;
    let was_sensitive = variable.sensitive;
    apply(app, &mut variable, body)?;
    if was_sensitive && !variable.sensitive {
        let detail = "a sensitive variable stays sensitive; delete it and make a new one";
        return Err(ApiError::invalid_attribute("sensitive", detail));
    }
    store::update(&mut tx, &variable).await.map_err(taken)?;
    tx.commit().await?;
    Ok(variable)
}

/// Deletes a variable.
pub(super) async fn delete(app: &App, granted: &Granted<WorkspaceScope>, id: &str) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    if !store::delete(&mut tx, &granted.workspace_id, id).await? {
        return Err(ApiError::not_found());
    }
    Ok(tx.commit().await?)
}

fn apply(app: &App, variable: &mut Variable, body: &Incoming) -> ApiResult<()> {
    let given = &body.attributes;
    given.text("key")?.set(&mut variable.key);
    given.boolean("hcl")?.set(&mut variable.hcl);
    given.boolean("sensitive")?.set(&mut variable.sensitive);
    given.text("description")?.set_optional(&mut variable.description);
    if let Given::Value(category) = given.text("category")? {
        variable.category = VariableCategory::parse(&category)
            .ok_or_else(|| ApiError::invalid_attribute("category", "category must be terraform or env"))?;
    }
    if !is_key(&variable.key) {
        let detail = "Key can only contain letters, numbers, - and _, and at most 255 of them";
        return Err(ApiError::invalid_attribute("key", detail));
    }
    if variable.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        return Err(ApiError::invalid_attribute(
            "description",
            format!("is longer than {DESCRIPTION_CHARS_MAX} characters"),
        ));
    }
    if let Given::Value(value) = given.text("value")? {
        let limit = app.config.limits.variable_bytes_max;
        if value.len() > limit {
            return Err(ApiError::invalid_attribute("value", format!("is larger than {limit} bytes")));
        }
        variable.value_sealed = seal(app, variable, &value);
    }
    variable.version_id = random_text(32);
    Ok(())
}

fn place(variable: &Variable) -> Place<'_> {
    Place { column: "variables.value", id: variable.id.as_str() }
}

fn seal(app: &App, variable: &Variable, value: &str) -> Vec<u8> {
    app.secrets.seal(place(variable), value.as_bytes())
}

/// A variable's value.
pub(super) fn open(app: &App, variable: &Variable) -> ApiResult<String> {
    let plain = app.secrets.open(place(variable), &variable.value_sealed)?;
    String::from_utf8(plain).map_err(|_| ApiError::Broken("a variable's value is not UTF-8".into()))
}

/// All variables of a workspace with their values, for a run.
pub async fn open_all(
    app: &App,
    tx: &mut Tx,
    workspace: &WorkspaceId,
) -> ApiResult<Vec<terrane_wire::Variable>> {
    let rows = store::list(tx, workspace).await?;
    rows.iter()
        .map(|row| {
            Ok(terrane_wire::Variable {
                key: row.key.clone(),
                value: Secret::new(open(app, row)?),
                category: row.category.wire(),
                hcl: row.hcl,
                sensitive: row.sensitive,
            })
        })
        .collect()
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("key", "Key has already been taken"),
        other => other.into(),
    }
}
