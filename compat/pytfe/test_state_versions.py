"""State versions and their outputs."""

import base64
import hashlib
import json

import pytest
from conftest import start, wait
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import (
    ConfigurationVersion,
    Organization,
    StateVersionCreateOptions,
    StateVersionListOptions,
    Workspace,
    WorkspaceLockOptions,
)

LINEAGE = "5b1f7d0e-1111-2222-3333-444455556666"


def state(serial: int, word: str) -> bytes:
    outputs = {
        "word": {"value": word, "type": "string"},
        "secret": {"value": "swordfish", "type": "string", "sensitive": True},
    }
    file = {"version": 4, "terraform_version": "1.9.0", "serial": serial, "lineage": LINEAGE}
    return json.dumps({**file, "outputs": outputs, "resources": [], "check_results": None}).encode()


def options(serial: int, raw: bytes, **more: str) -> StateVersionCreateOptions:
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return StateVersionCreateOptions(serial=serial, md5=md5, lineage=LINEAGE, **more)


def test_uploaded_and_read(client: TFEClient, organization: Organization, workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        client.state_versions.read_current(workspace.id)
    with pytest.raises(TFEError) as refused:
        client.state_versions.create(workspace.id, options(1, state(1, "a")))
    assert refused.value.status == 409, "the workspace is not locked"
    client.workspaces.lock(workspace.id, WorkspaceLockOptions(reason="state"))
    first_bytes, second_bytes = state(1, "a"), state(2, "b")
    first = client.state_versions.upload(workspace.id, raw_state=first_bytes, options=options(1, first_bytes))
    assert (first.status, first.serial) == ("finalized", 1)
    inline = options(2, second_bytes, state=base64.b64encode(second_bytes).decode())
    second = client.state_versions.create(workspace.id, inline)
    assert client.state_versions.read_current(workspace.id).id == second.id
    assert client.state_versions.download(first.id) == first_bytes
    assert client.state_versions.download_current(workspace.id) == second_bytes
    asked = StateVersionListOptions(organization=organization.name, workspace=workspace.name)
    assert [each.id for each in client.state_versions.list(asked)] == [second.id, first.id]

    outputs = {output.name: output for output in client.state_versions.list_outputs(second.id)}
    assert outputs["word"].value == "b" and outputs["secret"].sensitive
    assert client.state_version_outputs.read(outputs["secret"].id).value == "swordfish"
    current = {output.name: output.value for output in client.state_version_outputs.read_current(workspace.id)}
    assert current == {"word": "b", "secret": None}
    client.workspaces.unlock(workspace.id)


def test_an_older_serial_is_refused(client: TFEClient, workspace: Workspace) -> None:
    client.workspaces.lock(workspace.id, WorkspaceLockOptions())
    newer, older = state(5, "a"), state(4, "b")
    client.state_versions.upload(workspace.id, raw_state=newer, options=options(5, newer))
    with pytest.raises(TFEError) as refused:
        client.state_versions.create(workspace.id, options(4, older))
    assert refused.value.status == 409
    client.workspaces.unlock(workspace.id)


def test_what_an_apply_leaves(
    client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion
) -> None:
    run = start(client, workspace, configuration, auto_apply=True)
    wait(client, run, "applied")
    current = client.state_versions.read_current(workspace.id)
    assert json.loads(client.state_versions.download(current.id))["outputs"]["word"]["value"] == "north"
    read = {output.name: output.value for output in client.state_version_outputs.read_current(workspace.id)}
    assert read == {"word": "north", "secret": None}
