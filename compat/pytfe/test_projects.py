"""Projects."""

import pytest
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import (
    Organization,
    Project,
    ProjectAddTagBindingsOptions,
    ProjectCreateOptions,
    ProjectListOptions,
    ProjectUpdateOptions,
    TagBinding,
    Workspace,
    WorkspaceCreateOptions,
    WorkspaceListOptions,
)


@pytest.fixture
def project(client: TFEClient, organization: Organization, request: pytest.FixtureRequest) -> Project:
    options = ProjectCreateOptions(name=request.node.name, description="of a test")
    return client.projects.create(organization.name, options)


def test_made_read_changed_and_deleted(client: TFEClient, organization: Organization, project: Project) -> None:
    read = client.projects.read(project.id)
    assert (read.name, read.description, read.workspace_count) == (project.name, "of a test", 0)
    changed = client.projects.update(project.id, ProjectUpdateOptions(description="changed"))
    assert (changed.name, changed.description) == (project.name, "changed")
    listed = client.projects.list(organization.name, ProjectListOptions(name=project.name))
    assert [each.id for each in listed] == [project.id]
    client.projects.delete(project.id)
    with pytest.raises(NotFound):
        client.projects.read(project.id)


def test_workspaces_in_it(
    client: TFEClient, organization: Organization, project: Project, workspace: Workspace
) -> None:
    options = WorkspaceCreateOptions(name=f"{workspace.name}-in", project=Project(id=project.id))
    inside = client.workspaces.create(organization.name, options)
    client.projects.move_workspaces(project.id, [workspace.id])
    found = client.workspaces.list(organization.name, WorkspaceListOptions(project_id=project.id))
    assert {each.id for each in found} == {inside.id, workspace.id}
    assert client.projects.read(project.id).workspace_count == 2
    with pytest.raises(TFEError):
        client.projects.delete(project.id)


def test_its_tags_reach_its_workspaces(client: TFEClient, organization: Organization, project: Project) -> None:
    options = ProjectAddTagBindingsOptions(tag_bindings=[TagBinding(key="team", value="net")])
    client.projects.add_tag_bindings(project.id, options)
    assert [(each.key, each.value) for each in client.projects.list_tag_bindings(project.id)] == [("team", "net")]
    inside = client.workspaces.create(
        organization.name, WorkspaceCreateOptions(name=f"{project.name[:60]}-tag".replace("[", "-").replace("]", "-"), project=Project(id=project.id))
    )
    effective = client.workspaces.list_effective_tag_bindings(inside.id)
    assert ("team", "net") in {(each.key, each.value) for each in effective}
