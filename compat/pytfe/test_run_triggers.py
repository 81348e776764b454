"""Run triggers: an apply in one workspace starts a run in another."""

import time

import pytest
from conftest import RUN_SECONDS_MAX, MAIN, start, uploaded, wait
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import (
    ConfigurationVersion,
    Organization,
    RunTriggerCreateOptions,
    RunTriggerFilterOp,
    RunTriggerListOptions,
    Workspace,
    WorkspaceCreateOptions,
)


def of(client: TFEClient, workspace: Workspace, kind: RunTriggerFilterOp) -> list[str]:
    options = RunTriggerListOptions(run_trigger_type=kind)
    return [trigger.id for trigger in client.run_triggers.list(workspace.id, options)]


def test_an_apply_starts_a_run_elsewhere(
    client: TFEClient,
    organization: Organization,
    workspace: Workspace,
    configuration: ConfigurationVersion,
    tmp_path,
) -> None:
    downstream = client.workspaces.create(organization.name, WorkspaceCreateOptions(name=f"{workspace.name}-down"))
    uploaded(client, downstream, tmp_path, MAIN)
    source = Workspace(id=workspace.id)
    trigger = client.run_triggers.create(downstream.id, RunTriggerCreateOptions(sourceable=source))
    assert (trigger.sourceable_name, trigger.workspace_name) == (workspace.name, downstream.name)
    assert client.run_triggers.read(trigger.id).sourceable.id == workspace.id
    assert of(client, downstream, RunTriggerFilterOp.RUN_TRIGGER_INBOUND) == [trigger.id]
    assert of(client, workspace, RunTriggerFilterOp.RUN_TRIGGER_OUTBOUND) == [trigger.id]

    wait(client, start(client, workspace, configuration, auto_apply=True), "applied")
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while not (runs := list(client.runs.list(downstream.id))):
        assert time.monotonic() < deadline, "no run was started"
        time.sleep(0.05)
    wait(client, runs[0], "planned")
    assert runs[0].source == "tfe-run-trigger"
    client.runs.discard(runs[0].id)

    client.run_triggers.delete(trigger.id)
    with pytest.raises(NotFound):
        client.run_triggers.read(trigger.id)


def test_a_workspace_does_not_trigger_itself(client: TFEClient, workspace: Workspace) -> None:
    with pytest.raises(TFEError) as refused:
        client.run_triggers.create(workspace.id, RunTriggerCreateOptions(sourceable=Workspace(id=workspace.id)))
    assert refused.value.status == 422
