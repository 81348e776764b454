"""Variable sets, and what a workspace gets from them."""

import pathlib

import pytest
from conftest import MAIN, log_text, start, uploaded, wait
from pytfe import TFEClient
from pytfe.errors import NotFound
from pytfe.models import (
    CategoryType,
    Organization,
    Project,
    VariableCreateOptions,
    VariableSetApplyToProjectsOptions,
    VariableSetApplyToWorkspacesOptions,
    VariableSetCreateOptions,
    VariableSetIncludeOpt,
    VariableSetListOptions,
    VariableSetReadOptions,
    VariableSetRemoveFromProjectsOptions,
    VariableSetRemoveFromWorkspacesOptions,
    VariableSetUpdateOptions,
    VariableSetVariableCreateOptions,
    VariableSetVariableUpdateOptions,
    Workspace,
)


@pytest.fixture
def variable_set(client: TFEClient, organization: Organization, request: pytest.FixtureRequest):
    options = VariableSetCreateOptions(name=request.node.name, description="shared", global_=False)
    made = client.variable_sets.create(organization.name, options)
    yield made
    client.variable_sets.delete(made.id)
    with pytest.raises(NotFound):
        client.variable_sets.read(made.id)


def test_made_read_and_changed(client: TFEClient, organization: Organization, variable_set) -> None:
    read = client.variable_sets.read(variable_set.id)
    assert (read.name, read.description, read.global_, read.priority) == (variable_set.name, "shared", False, False)
    changed = client.variable_sets.update(variable_set.id, VariableSetUpdateOptions(description="for all"))
    assert (changed.name, changed.description) == (variable_set.name, "for all")
    found = client.variable_sets.list(organization.name, VariableSetListOptions(query=variable_set.name))
    assert [each.id for each in found] == [variable_set.id]


def test_its_variables(client: TFEClient, variable_set) -> None:
    options = VariableSetVariableCreateOptions(key="word", value="south", category=CategoryType.TERRAFORM)
    made = client.variable_set_variables.create(variable_set.id, options)
    assert client.variable_set_variables.read(variable_set.id, made.id).value == "south"
    changed = client.variable_set_variables.update(
        variable_set.id, made.id, VariableSetVariableUpdateOptions(value="east")
    )
    assert (changed.key, changed.value) == ("word", "east")
    included = client.variable_sets.read(variable_set.id, VariableSetReadOptions(include=[VariableSetIncludeOpt.VARS]))
    assert [(each.key, each.value) for each in included.vars] == [("word", "east")]
    assert [each.id for each in client.variable_set_variables.list(variable_set.id)] == [made.id]
    client.variable_set_variables.delete(variable_set.id, made.id)
    assert list(client.variable_set_variables.list(variable_set.id)) == []


def test_applied_to_a_workspace(
    client: TFEClient, workspace: Workspace, variable_set, tmp_path: pathlib.Path
) -> None:
    options = VariableSetVariableCreateOptions(key="word", value="from-the-set", category=CategoryType.TERRAFORM)
    client.variable_set_variables.create(variable_set.id, options)
    to = [Workspace(id=workspace.id)]
    client.variable_sets.apply_to_workspaces(variable_set.id, VariableSetApplyToWorkspacesOptions(workspaces=to))
    assert [each.id for each in client.variable_sets.list_for_workspace(workspace.id)] == [variable_set.id]
    assert {each.key for each in client.variables.list_all(workspace.id)} == {"word"}
    configuration = uploaded(client, workspace, tmp_path, MAIN)
    run = start(client, workspace, configuration, plan_only=True)
    wait(client, run, "planned_and_finished")
    assert "from-the-set" in log_text(client.plans.read(run.plan.id).log_read_url)

    own = VariableCreateOptions(key="word", value="of-the-workspace", category=CategoryType.TERRAFORM)
    client.variables.create(workspace.id, own)
    run = start(client, workspace, configuration, plan_only=True)
    wait(client, run, "planned_and_finished")
    assert "of-the-workspace" in log_text(client.plans.read(run.plan.id).log_read_url)

    client.variable_sets.remove_from_workspaces(
        variable_set.id, VariableSetRemoveFromWorkspacesOptions(workspaces=to)
    )
    assert list(client.variable_sets.list_for_workspace(workspace.id)) == []


def test_applied_to_a_project(client: TFEClient, workspace: Workspace, variable_set) -> None:
    project = client.workspaces.read_by_id(workspace.id).project.id
    to = [Project(id=project)]
    client.variable_sets.apply_to_projects(variable_set.id, VariableSetApplyToProjectsOptions(projects=to))
    assert variable_set.id in {each.id for each in client.variable_sets.list_for_project(project)}
    assert variable_set.id in {each.id for each in client.variable_sets.list_for_workspace(workspace.id)}
    client.variable_sets.remove_from_projects(variable_set.id, VariableSetRemoveFromProjectsOptions(projects=to))
    assert variable_set.id not in {each.id for each in client.variable_sets.list_for_project(project)}


def test_a_global_one_is_everywhere(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    options = VariableSetCreateOptions(name="everywhere", global_=True)
    made = client.variable_sets.create(organization.name, options)
    assert made.global_
    assert made.id in {each.id for each in client.variable_sets.list_for_workspace(workspace.id)}
    client.variable_sets.delete(made.id)
