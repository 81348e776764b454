"""What hangs on workspaces: tags, remote-state consumers, ssh keys, safe deletion."""

import pytest
from conftest import start, wait
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import (
    ConfigurationVersion,
    Organization,
    SSHKeyCreateOptions,
    Tag,
    TagBinding,
    Workspace,
    WorkspaceAddRemoteStateConsumersOptions,
    WorkspaceAddTagBindingsOptions,
    WorkspaceAddTagsOptions,
    WorkspaceAssignSSHKeyOptions,
    WorkspaceCreateOptions,
    WorkspaceListOptions,
    WorkspaceRemoveRemoteStateConsumersOptions,
    WorkspaceRemoveTagsOptions,
)


def test_tag_bindings(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    options = WorkspaceAddTagBindingsOptions(tag_bindings=[TagBinding(key="stage", value=workspace.name)])
    client.workspaces.add_tag_bindings(workspace.id, options)
    found = [(each.key, each.value) for each in client.workspaces.list_tag_bindings(workspace.id)]
    assert found == [("stage", workspace.name)]
    asked = WorkspaceListOptions(tag_bindings=[TagBinding(key="stage", value=workspace.name)])
    assert [each.id for each in client.workspaces.list(organization.name, asked)] == [workspace.id]
    client.workspaces.delete_all_tag_bindings(workspace.id)
    assert list(client.workspaces.list_tag_bindings(workspace.id)) == []


def test_flat_tags(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    tag = f"flat-{workspace.name}"
    client.workspaces.add_tags(workspace.id, WorkspaceAddTagsOptions(tags=[Tag(name=tag)]))
    assert [each.name for each in client.workspaces.list_tags(workspace.id)] == [tag]
    found = client.workspaces.list(organization.name, WorkspaceListOptions(tags=tag))
    assert [each.id for each in found] == [workspace.id]
    client.workspaces.remove_tags(workspace.id, WorkspaceRemoveTagsOptions(tags=[Tag(name=tag)]))
    assert list(client.workspaces.list_tags(workspace.id)) == []


def test_remote_state_consumers(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    consumer = client.workspaces.create(organization.name, WorkspaceCreateOptions(name=f"{workspace.name}-reads"))
    named = [Workspace(id=consumer.id)]
    client.workspaces.add_remote_state_consumers(
        workspace.id, WorkspaceAddRemoteStateConsumersOptions(workspaces=named)
    )
    assert [each.id for each in client.workspaces.list_remote_state_consumers(workspace.id)] == [consumer.id]
    client.workspaces.remove_remote_state_consumers(
        workspace.id, WorkspaceRemoveRemoteStateConsumersOptions(workspaces=named)
    )
    assert list(client.workspaces.list_remote_state_consumers(workspace.id)) == []


def test_an_ssh_key_is_assigned(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    key = client.ssh_keys.create(organization.name, SSHKeyCreateOptions(name=workspace.name, value="a key"))
    assigned = client.workspaces.assign_ssh_key(workspace.id, WorkspaceAssignSSHKeyOptions(ssh_key_id=key.id))
    assert assigned.ssh_key.id == key.id
    assert client.workspaces.unassign_ssh_key(workspace.id).ssh_key is None
    client.ssh_keys.delete(key.id)


def test_safe_deletion(
    client: TFEClient, organization: Organization, workspace: Workspace, configuration: ConfigurationVersion
) -> None:
    wait(client, start(client, workspace, configuration, auto_apply=True), "applied")
    with pytest.raises(TFEError) as refused:
        client.workspaces.safe_delete_by_id(workspace.id)
    assert refused.value.status == 409, "it has resources"
    wait(client, start(client, workspace, configuration, is_destroy=True, auto_apply=True), "applied")
    client.workspaces.safe_delete_by_id(workspace.id)
    with pytest.raises(NotFound):
        client.workspaces.read_by_id(workspace.id)
