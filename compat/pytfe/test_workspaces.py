"""Workspaces."""

import pytest
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import (
    Organization,
    Workspace,
    WorkspaceCreateOptions,
    WorkspaceIncludeOpt,
    WorkspaceListOptions,
    WorkspaceLockOptions,
    WorkspaceReadOptions,
    WorkspaceUpdateOptions,
)

SETTINGS = {
    "description": "the network",
    "auto_apply": True,
    "allow_destroy_plan": False,
    "queue_all_runs": True,
    "speculative_enabled": False,
    "file_triggers_enabled": False,
    "global_remote_state": True,
    "working_directory": "envs/prod",
    "trigger_prefixes": ["modules"],
    "source_name": "pytfe",
    "source_url": "https://pytfe.example",
}


def test_settings_are_kept(client: TFEClient, organization: Organization) -> None:
    options = WorkspaceCreateOptions(name="settings", **SETTINGS)
    made = client.workspaces.create(organization.name, options)
    by_id = client.workspaces.read_by_id(made.id)
    by_name = client.workspaces.read("settings", organization=organization.name)
    for read in (made, by_id, by_name):
        assert {name: getattr(read, name) for name in SETTINGS} == SETTINGS
        assert (read.id, read.name, read.locked) == (made.id, "settings", False)
    changed = client.workspaces.update_by_id(made.id, WorkspaceUpdateOptions(description="changed", auto_apply=False))
    assert (changed.description, changed.auto_apply) == ("changed", False)
    assert changed.working_directory == "envs/prod", "what is not named stays"
    renamed = client.workspaces.update(
        "settings", organization=organization.name, options=WorkspaceUpdateOptions(name="renamed")
    )
    assert renamed.id == made.id
    with pytest.raises(NotFound):
        client.workspaces.read("settings", organization=organization.name)


def test_lists_are_read_page_by_page(client: TFEClient, organization: Organization) -> None:
    made = [
        client.workspaces.create(organization.name, WorkspaceCreateOptions(name=f"page-{number}")).id
        for number in range(5)
    ]
    found = client.workspaces.list(organization.name, WorkspaceListOptions(search="page-", page_size=2))
    assert [workspace.id for workspace in found] == made
    found = client.workspaces.list(organization.name, WorkspaceListOptions(wildcard_name="*-3"))
    assert made[3] in {workspace.id for workspace in found}


def test_locks(client: TFEClient, workspace: Workspace) -> None:
    locked = client.workspaces.lock(workspace.id, WorkspaceLockOptions(reason="maintenance"))
    assert locked.locked and locked.locked_by.user
    with pytest.raises(TFEError, match="already locked") as refused:
        client.workspaces.lock(workspace.id, WorkspaceLockOptions(reason="again"))
    assert refused.value.status == 409
    assert client.workspaces.unlock(workspace.id).locked is False
    with pytest.raises(TFEError, match="not locked"):
        client.workspaces.unlock(workspace.id)
    client.workspaces.lock(workspace.id, WorkspaceLockOptions())
    assert client.workspaces.force_unlock(workspace.id).locked is False


def test_what_is_included_is_full(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    options = WorkspaceReadOptions(include=[WorkspaceIncludeOpt.ORGANIZATION, WorkspaceIncludeOpt.PROJECT])
    read = client.workspaces.read_by_id_with_options(workspace.id, options)
    assert read.organization.email == organization.email
    assert read.project.name


def test_deleted_by_id_and_by_name(client: TFEClient, organization: Organization) -> None:
    first = client.workspaces.create(organization.name, WorkspaceCreateOptions(name="gone-1"))
    client.workspaces.create(organization.name, WorkspaceCreateOptions(name="gone-2"))
    client.workspaces.delete_by_id(first.id)
    client.workspaces.delete("gone-2", organization=organization.name)
    for name in ("gone-1", "gone-2"):
        with pytest.raises(NotFound):
            client.workspaces.read(name, organization=organization.name)
