//! Making, changing and deleting variable sets.

use super::apply::{held, put, refuse_conflicts};
use super::store::{self, Target, Varset};
use crate::app::App;
use crate::clock::Time;
use crate::ids::VarsetId;
use crate::platform::access::{Granted, OrganizationScope};
use crate::platform::db::{DbError, Tx};
use crate::platform::http::{ApiError, ApiResult};
use crate::variables::model::Owner;
use crate::{projects, variables};
use terrane_jsonapi::{Errors, Incoming};

pub(super) const NAME_CHARS_MAX: usize = 255;
pub(super) const DESCRIPTION_CHARS_MAX: usize = 512;
const TARGETS: [Target; 2] = [Target::Workspaces, Target::Projects];

/// Makes a set with the variables, workspaces and projects that the body names.
pub(super) async fn create(
    app: &App,
    granted: &Granted<OrganizationScope>,
    body: &Incoming,
) -> ApiResult<Varset> {
    body.expect_kind("varsets")?;
    let name = body.attributes.required_text("name")?;
    let now = app.clock.now();
    let mut set = Varset {
        id: VarsetId::random(),
        organization_id: granted.organization_id.clone(),
        organization_name: granted.organization_name.clone(),
        project_id: owner(app, granted, body).await?,
        name,
        description: None,
        global: false,
        priority: false,
        created_at: now,
        updated_at: now,
        var_count: 0,
        workspace_count: 0,
        project_count: 0,
    };
    apply(&mut set, body)?;
    let mut tx = app.db.begin().await?;
    store::insert(&mut tx, &set).await.map_err(taken)?;
    store::hold(&mut tx, &set.id, now).await?;
    finish(app, tx, &set, body, now).await
}

/// The project that is to own the set; `None` for the organization.
async fn owner(
    app: &App,
    granted: &Granted<OrganizationScope>,
    body: &Incoming,
) -> ApiResult<Option<String>> {
    let Some(parent) = body.related_one("parent")?.value() else { return Ok(None) };
    let (kind, id) = (parent.kind().unwrap_or("projects"), parent.id().unwrap_or_default());
    let wrong = |detail: &str| Err(ApiError::invalid_relationship("parent", detail));
    match kind {
        "organizations" if id == granted.organization_name => Ok(None),
        "organizations" => wrong("the parent can only be this organization or a project of it"),
        "projects" => match projects::store::in_organization(&app.db, id, &granted.organization_id).await? {
            Some(project) => Ok(Some(project.id.into())),
            None => wrong("there is no such project in this organization"),
        },
        _ => wrong("the parent must be an organization or a project"),
    }
}

/// Changes what the body names; named workspaces and projects replace those that were there.
pub(super) async fn update(app: &App, id: &VarsetId, body: &Incoming) -> ApiResult<Varset> {
    body.expect_kind("varsets")?;
    let (mut tx, mut set) = held(app, id).await?;
    apply(&mut set, body)?;
    set.updated_at = app.clock.now();
    store::update(&mut tx, &set).await.map_err(taken)?;
    if set.global {
        for target in TARGETS {
            store::remove_all(&mut tx, id, target).await?;
        }
    }
    let now = set.updated_at;
    finish(app, tx, &set, body, now).await
}

/// Deletes a set. Runs keep what they were made from.
pub(super) async fn delete(app: &App, id: &VarsetId) -> ApiResult<()> {
    let (mut tx, _) = held(app, id).await?;
    store::delete(&mut tx, id).await?;
    Ok(tx.commit().await?)
}

/// The body's relationships, then the rules, then the commit. The set's row is held.
async fn finish(app: &App, mut tx: Tx, set: &Varset, body: &Incoming, now: Time) -> ApiResult<Varset> {
    for target in TARGETS {
        let name = target.name();
        let Some(items) = body.related_list(name)?.value() else { continue };
        if set.global && !items.is_empty() {
            let detail = format!("a global set applies to every workspace; leave out the {name} or global");
            return Err(ApiError::invalid_relationship(name, detail));
        }
        store::remove_all(&mut tx, &set.id, target).await?;
        put(&mut tx, &set.id, target, &items, &format!("/data/relationships/{name}/data"), now).await?;
    }
    for (index, item) in body.related_list("vars")?.value().unwrap_or_default().iter().enumerate() {
        let written =
            variables::write_in(app, &mut tx, Owner::Varset(set.id.clone()), item, now.after(index)).await;
        written
            .map_err(|error| error.relocated("/data", &format!("/data/relationships/vars/data/{index}")))?;
    }
    refuse_conflicts(&mut tx, &set.id, "/data/attributes/global").await?;
    let set = store::find(&mut tx, &set.id).await?.ok_or_else(ApiError::not_found)?;
    tx.commit().await?;
    Ok(set)
}

fn apply(set: &mut Varset, body: &Incoming) -> ApiResult<()> {
    let given = &body.attributes;
    given.text("name")?.set(&mut set.name);
    given.text("description")?.set_optional(&mut set.description);
    given.boolean("global")?.set(&mut set.global);
    given.boolean("priority")?.set(&mut set.priority);
    let wrong =
        |name: &str, detail: String| Err(Errors::invalid(format!("/data/attributes/{name}"), detail).into());
    if set.name.trim().is_empty() {
        return wrong("name", "name can't be blank".to_owned());
    }
    if set.name.chars().count() > NAME_CHARS_MAX {
        return wrong("name", format!("is longer than {NAME_CHARS_MAX} characters"));
    }
    if set.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
        return wrong("description", format!("is longer than {DESCRIPTION_CHARS_MAX} characters"));
    }
    if set.global && set.project_id.is_some() {
        return wrong("global", "a set that a project owns cannot be global".to_owned());
    }
    Ok(())
}

fn taken(error: DbError) -> ApiError {
    match error {
        DbError::Unique(_) => ApiError::invalid_attribute("name", "Name has already been taken"),
        other => other.into(),
    }
}
