//! Making, changing and deleting variables of a workspace or of a set.

use super::model::{Owner, VariableCategory, is_key};
use super::store::{self, Variable};
use crate::app::App;
use crate::clock::Time;
use crate::ids::{VariableId, WorkspaceId, random_text};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::platform::secrets::Place;
use crate::{varsets, workspaces};
use terrane_jsonapi::{Given, Incoming};

pub(super) const DESCRIPTION_CHARS_MAX: usize = 512;
const CATEGORIES: &str = "category must be terraform or env";

/// Makes a variable.
pub(super) async fn create(app: &App, owner: Owner, body: &Incoming) -> ApiResult<Variable> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    hold(&mut tx, &owner, now).await?;
    let variable = insert(app, &mut tx, owner, body, now).await?;
    settle(&mut tx, &variable.owner).await?;
    tx.commit().await?;
    Ok(variable)
}

/// Makes a variable of an owner whose row is held.
///
/// # Errors
/// 422 with the place of what is missing, wrong, taken or one too many.
async fn insert(app: &App, tx: &mut Tx, owner: Owner, body: &Incoming, now: Time) -> ApiResult<Variable> {
    let variable = read(app, owner, body, now)?;
    let limit = app.config.limits.variables_max;
    if store::count(&mut *tx, &variable.owner).await? >= limit {
        let whose = match variable.owner {
            Owner::Workspace(_) => "workspace",
            Owner::Varset(_) => "variable set",
        };
        return Err(ApiError::unprocessable(
            "too many variables",
            format!("a {whose} has at most {limit} variables; delete one that is not needed any more"),
        ));
    }
    store::insert(tx, &variable).await.map_err(taken)?;
    Ok(variable)
}

/// Changes the variable of a held owner that the body names by its id, or makes one. The caller looks for conflicts.
pub async fn write_in(
    app: &App,
    tx: &mut Tx,
    owner: Owner,
    body: &Incoming,
    now: Time,
) -> ApiResult<Variable> {
    if let Some(id) = body.id()
        && store::find(&mut *tx, &owner, id).await?.is_some()
    {
        return update_in(app, tx, &owner, id, body).await;
    }
    insert(app, tx, owner, body, now).await
}

fn read(app: &App, owner: Owner, body: &Incoming, now: Time) -> ApiResult<Variable> {
    body.expect_kind("vars")?;
    body.attributes.required_text("key")?;
    let mut variable = Variable {
        id: VariableId::random(),
        owner,
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
        return Err(ApiError::invalid_attribute("category", CATEGORIES));
    }
    variable.value_sealed = seal(app, &variable, "");
    apply(app, &mut variable, body)?;
    Ok(variable)
}

/// Changes what the body names.
pub(super) async fn update(app: &App, owner: Owner, id: &str, body: &Incoming) -> ApiResult<Variable> {
    let mut tx = app.db.begin().await?;
    hold(&mut tx, &owner, app.clock.now()).await?;
    let variable = update_in(app, &mut tx, &owner, id, body).await?;
    settle(&mut tx, &owner).await?;
    tx.commit().await?;
    Ok(variable)
}

/// Changes several variables of a workspace, all of them or none. An error's place is that in the list.
pub(super) async fn update_many(app: &App, workspace: &WorkspaceId, items: &[Incoming]) -> ApiResult<()> {
    let owner = Owner::Workspace(workspace.clone());
    let mut tx = app.db.begin().await?;
    hold(&mut tx, &owner, app.clock.now()).await?;
    for (index, item) in items.iter().enumerate() {
        let place = format!("/data/{index}");
        let Some(id) = item.id() else {
            let detail = "id is missing: name the variable to change";
            return Err(terrane_jsonapi::Errors::invalid(format!("{place}/id"), detail).into());
        };
        let changed = update_in(app, &mut tx, &owner, id, item).await;
        changed.map_err(|error| error.relocated("/data", &place))?;
    }
    Ok(tx.commit().await?)
}

async fn update_in(app: &App, tx: &mut Tx, owner: &Owner, id: &str, body: &Incoming) -> ApiResult<Variable> {
    body.expect_kind("vars")?;
    let mut variable = store::find(&mut *tx, owner, id).await?.ok_or_else(ApiError::not_found)?;
    let was_sensitive = variable.sensitive;
    apply(app, &mut variable, body)?;
    if was_sensitive && !variable.sensitive {
        let detail = "a sensitive variable stays sensitive; delete it and make a new one";
        return Err(ApiError::invalid_attribute("sensitive", detail));
    }
    store::update(tx, &variable).await.map_err(taken)?;
    Ok(variable)
}

/// Deletes a variable.
pub(super) async fn delete(app: &App, owner: Owner, id: &str) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    hold(&mut tx, &owner, app.clock.now()).await?;
    if !store::delete(&mut tx, &owner, id).await? {
        return Err(ApiError::not_found());
    }
    Ok(tx.commit().await?)
}

/// Takes the owner's row for the rest of the transaction.
async fn hold(tx: &mut Tx, owner: &Owner, now: Time) -> ApiResult<()> {
    let is_there = match owner {
        Owner::Workspace(id) => workspaces::store::guard(tx, id, now).await?,
        Owner::Varset(id) => varsets::store::hold(tx, id, now).await?,
    };
    if is_there { Ok(()) } else { Err(ApiError::not_found()) }
}

/// What must hold of the owner after a change.
async fn settle(tx: &mut Tx, owner: &Owner) -> ApiResult<()> {
    match owner {
        Owner::Workspace(_) => Ok(()),
        Owner::Varset(id) => varsets::refuse_conflicts(tx, id, "/data/attributes/key").await,
    }
}

fn apply(app: &App, variable: &mut Variable, body: &Incoming) -> ApiResult<()> {
    let given = &body.attributes;
    given.text("key")?.set(&mut variable.key);
    given.boolean("hcl")?.set(&mut variable.hcl);
    given.boolean("sensitive")?.set(&mut variable.sensitive);
    given.text("description")?.set_optional(&mut variable.description);
    if let Given::Value(category) = given.text("category")? {
        variable.category = VariableCategory::parse(&category)
            .ok_or_else(|| ApiError::invalid_attribute("category", CATEGORIES))?;
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
    let column = match variable.owner {
        Owner::Workspace(_) => "variables.value",
        Owner::Varset(_) => "varset_variables.value",
    };
    Place { column, id: variable.id.as_str() }
}

fn seal(app: &App, variable: &Variable, value: &str) -> Vec<u8> {
    app.secrets.seal(place(variable), value.as_bytes())
}

/// A variable's value.
pub(super) fn open(app: &App, variable: &Variable) -> ApiResult<String> {
    let plain = app.secrets.open(place(variable), &variable.value_sealed)?;
    String::from_utf8(plain).map_err(|_| ApiError::Broken("a variable's value is not UTF-8".into()))
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("key", "Key has already been taken"),
        other => other.into(),
    }
}
