"""Variables of workspaces."""

import pytest
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import CategoryType, VariableCreateOptions, VariableUpdateOptions, Workspace


def test_made_read_changed_and_deleted(client: TFEClient, workspace: Workspace) -> None:
    options = VariableCreateOptions(key="region", value="north", category=CategoryType.TERRAFORM, description="where")
    made = client.variables.create(workspace.id, options)
    assert (made.key, made.value, made.hcl, made.sensitive) == ("region", "north", False, False)
    read = client.variables.read(workspace.id, made.id)
    assert (read.id, read.value, read.description) == (made.id, "north", "where")
    changed = client.variables.update(workspace.id, made.id, VariableUpdateOptions(value="south"))
    assert (changed.value, changed.description) == ("south", "where")
    client.variables.create(
        workspace.id, VariableCreateOptions(key="TOKEN", value="swordfish", category=CategoryType.ENV, sensitive=True)
    )
    listed = {each.key: each for each in client.variables.list(workspace.id)}
    assert set(listed) == {"region", "TOKEN"}
    assert listed["TOKEN"].value is None and listed["TOKEN"].sensitive
    client.variables.delete(workspace.id, made.id)
    with pytest.raises(NotFound):
        client.variables.read(workspace.id, made.id)


def test_a_key_is_taken_once(client: TFEClient, workspace: Workspace) -> None:
    options = VariableCreateOptions(key="a", value="1", category=CategoryType.ENV)
    client.variables.create(workspace.id, options)
    with pytest.raises(TFEError, match="taken") as refused:
        client.variables.create(workspace.id, options)
    assert refused.value.status == 422
