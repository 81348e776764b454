"""Runs with their plans, applies, events and comments."""

import pathlib

import pytest
from conftest import log_text, start, uploaded, wait, wait_for
from pytfe import TFEClient
from pytfe.errors import TFEError
from pytfe.models import (
    CommentCreateOptions,
    ConfigurationVersion,
    RunApplyOptions,
    RunCancelOptions,
    RunDiscardOptions,
    RunEventIncludeOpt,
    RunEventListOptions,
    RunIncludeOpt,
    RunListOptions,
    RunReadOptions,
    Workspace,
)



def test_planned_and_applied(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, workspace, configuration, message="from the SDK")
    assert run.message == "from the SDK"
    planned = wait(client, run, "planned")
    assert planned.actions.is_confirmable and planned.has_changes
    plan = client.plans.read(run.plan.id)
    assert (plan.status, plan.resource_additions, plan.resource_destructions) == ("finished", 1, 0)
    assert client.plans.read_for_run(run.id).id == plan.id
    assert "will be created" in log_text(plan.log_read_url)
    changes = client.plans.read_json_output(plan.id)["resource_changes"]
    assert [change["address"] for change in changes] == ["terraform_data.one"]
    assert client.plans.read_json_output_for_run(run.id)["resource_changes"] == changes

    client.runs.apply(run.id, RunApplyOptions(comment="looks right"))
    wait(client, run, "applied")
    apply = client.applies.read(run.apply.id)
    assert (apply.status, apply.resource_additions) == ("finished", 1)
    assert "Apply complete!" in log_text(apply.log_read_url)

    events = list(client.run_events.list(run.id, RunEventListOptions(include=[RunEventIncludeOpt.RUN_EVENT_ACTOR])))
    actions = [event.action for event in events]
    assert actions[0] == "queued" or "created" in actions[0], actions
    assert client.run_events.read(events[0].id).action == events[0].action
    comments = [comment.body for comment in client.comments.list(run.id)]
    assert comments == ["looks right"]
    again = start(client, workspace, configuration)
    assert wait(client, again, "planned_and_finished").has_changes is False


def test_plan_only(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, workspace, configuration, plan_only=True)
    ended = wait(client, run, "planned_and_finished")
    assert ended.plan_only and ended.has_changes
    with pytest.raises(TFEError) as refused:
        client.runs.apply(run.id)
    assert refused.value.status == 409
    assert client.applies.read(run.apply.id).status == "unreachable"


def test_discarded_with_a_comment(
    client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion
) -> None:
    run = start(client, workspace, configuration)
    wait(client, run, "planned")
    client.runs.discard(run.id, RunDiscardOptions(comment="not today"))
    read = wait_for(lambda: client.runs.read(run.id), lambda run: run.status.value, ("discarded",))
    assert read.status_timestamps.discarded_at
    assert [comment.body for comment in client.comments.list(run.id)] == ["not today"]
    with pytest.raises(TFEError) as refused:
        client.runs.discard(run.id)
    assert refused.value.status == 409


def test_canceled(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    first = start(client, workspace, configuration)
    wait(client, first, "planned")
    waiting = start(client, workspace, configuration)
    client.runs.cancel(waiting.id, RunCancelOptions(comment="changed my mind"))
    read = wait_for(lambda: client.runs.read(waiting.id), lambda run: run.status.value, ("canceled",))
    assert read.canceled_at
    assert client.plans.read(waiting.plan.id).status == "unreachable"


def test_a_configuration_that_is_wrong(client: TFEClient, workspace: Workspace, tmp_path: pathlib.Path) -> None:
    wrong = uploaded(client, workspace, tmp_path, "resource {")
    run = start(client, workspace, wrong)
    wait_for(lambda: client.runs.read(run.id), lambda run: run.status.value, ("errored",))
    plan = client.plans.read(run.plan.id)
    assert plan.status == "errored"
    assert "Error" in log_text(plan.log_read_url)


def test_lists_and_includes(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    made = [start(client, workspace, configuration, plan_only=True) for _ in range(3)]
    for run in made:
        wait(client, run, "planned_and_finished")
    newest_first = [run.id for run in made[::-1]]
    listed = client.runs.list(workspace.id, RunListOptions(operation="plan_only", page_size=2))
    assert [run.id for run in listed] == newest_first
    assert list(client.runs.list(workspace.id, RunListOptions(status="applied"))) == []
    options = RunReadOptions(include=[RunIncludeOpt.RUN_PLAN, RunIncludeOpt.RUN_WORKSPACE])
    read = client.runs.read_with_options(made[0].id, options)
    assert (read.plan.status, read.workspace.name) == ("finished", workspace.name)


def test_comments(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion) -> None:
    run = start(client, workspace, configuration, plan_only=True)
    made = client.comments.create(run.id, CommentCreateOptions(body="fine"))
    assert client.comments.read(made.id).body == "fine"
    assert [comment.id for comment in client.comments.list(run.id)] == [made.id]
    wait(client, run, "planned_and_finished")
