"""Runs other than a plain plan and apply."""

import pytest
from conftest import start, wait, wait_for
from pytfe import TFEClient
from pytfe.errors import AuthError, TFEError
from pytfe.models import (
    ConfigurationVersion,
    Organization,
    RunListForOrganizationOptions,
    RunVariable,
    Workspace,
)


@pytest.fixture
def applied(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> Workspace:
    """A workspace with the resource of the configuration."""
    wait(client, start(client, workspace, configuration, auto_apply=True), "applied")
    return workspace


def changes(client: TFEClient, run) -> dict[str, list[str]]:
    plan = client.plans.read_json_output_for_run(run.id)
    # The engine leaves the member out of a plan without any.
    return {change["address"]: change["change"]["actions"] for change in plan.get("resource_changes", [])}


def test_destroyed(client: TFEClient, applied: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, applied, configuration, is_destroy=True, auto_apply=True)
    wait(client, run, "applied")
    assert client.applies.read(run.apply.id).resource_destructions == 1


def test_variables_of_one_run(client: TFEClient, applied: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(
        client, applied, configuration, plan_only=True, variables=[RunVariable(key="word", value='"of-the-run"')]
    )
    assert [(variable.key, variable.value) for variable in run.variables] == [("word", '"of-the-run"')]
    wait(client, run, "planned_and_finished")
    assert changes(client, run) == {"terraform_data.one": ["update"]}


def test_replaced(client: TFEClient, applied: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, applied, configuration, plan_only=True, replace_addrs=["terraform_data.one"])
    assert run.replace_addrs == ["terraform_data.one"]
    wait(client, run, "planned_and_finished")
    assert sorted(changes(client, run)["terraform_data.one"]) == ["create", "delete"]


def test_targets(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, workspace, configuration, plan_only=True, target_addrs=["terraform_data.none"])
    assert run.target_addrs == ["terraform_data.none"]
    wait(client, run, "planned_and_finished")
    assert "terraform_data.one" not in changes(client, run)


def test_refresh_only(client: TFEClient, applied: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, applied, configuration, refresh_only=True)
    assert run.refresh_only
    ended = wait(client, run, "planned_and_finished")
    assert ended.has_changes is False


def test_a_saved_plan(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, workspace, configuration, save_plan=True)
    assert run.save_plan
    wait(client, run, "planned_and_saved")
    assert client.workspaces.read_by_id(workspace.id).locked is False
    client.runs.apply(run.id)
    wait(client, run, "applied")


def test_force_execute(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    first = start(client, workspace, configuration)
    wait(client, first, "planned")
    with pytest.raises((AuthError, TFEError)) as refused:
        client.runs.force_execute(first.id)
    assert refused.value.status == 403, "only a pending run can be forced"
    second = start(client, workspace, configuration)
    client.runs.force_execute(second.id)
    wait(client, second, "planned")
    wait_for(lambda: client.runs.read(first.id), lambda run: run.status.value, ("discarded",))


def test_runs_of_an_organization(
    client: TFEClient, organization: Organization, workspace: Workspace, configuration: ConfigurationVersion
) -> None:
    run = start(client, workspace, configuration)
    wait(client, run, "planned")
    options = RunListForOrganizationOptions(workspace_names=workspace.name)
    assert [each.id for each in client.runs.list_for_organization(organization.name, options)] == [run.id]
    client.runs.discard(run.id)
