"""What the flows share: one server with a real engine, a client of the SDK, an organization, and a configuration."""

from __future__ import annotations

import itertools
import pathlib
import sys
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import serve  # noqa: E402
from pytfe import TFEClient, TFEConfig  # noqa: E402
from pytfe.models import (  # noqa: E402
    ConfigurationVersion,
    ConfigurationVersionCreateOptions,
    Organization,
    OrganizationCreateOptions,
    Run,
    RunCreateOptions,
    Workspace,
    WorkspaceCreateOptions,
)

RUN_SECONDS_MAX = 90
ENDED = {"applied", "planned_and_finished", "planned_and_saved", "errored", "canceled", "discarded"}

# No provider has to be fetched for this resource.
MAIN = """
variable "word" {
  type    = string
  default = "north"
}

resource "terraform_data" "one" {
  input = var.word
}

output "word" {
  value = terraform_data.one.output
}

output "secret" {
  value     = "swordfish"
  sensitive = true
}
"""

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[serve.Server]:
    with serve.Server(serve.tofu()) as server:
        yield server


@pytest.fixture(scope="session")
def client(server: serve.Server) -> Iterator[TFEClient]:
    # The first user becomes site administrator; the flows are an ordinary user's.
    server.token("root")
    # Without retries of its own the SDK hides no failure of the server.
    with TFEClient(TFEConfig(address=server.url, token=server.token("ada"), max_retries=0)) as client:
        yield client


@pytest.fixture(scope="session")
def organization(client: TFEClient) -> Organization:
    return client.organizations.create(OrganizationCreateOptions(name="acme", email="ada@acme.example"))


@pytest.fixture
def workspace(client: TFEClient, organization: Organization) -> Workspace:
    """A workspace of the test's own. Its logs are text, as people read them: the SDK shows no plan itself."""
    options = WorkspaceCreateOptions.model_validate(
        {"name": f"ws-{next(numbers)}", "structured-run-output-enabled": False}
    )
    return client.workspaces.create(organization.name, options)


@pytest.fixture
def configuration(client: TFEClient, workspace: Workspace, tmp_path: pathlib.Path) -> ConfigurationVersion:
    """An uploaded configuration version of it."""
    return uploaded(client, workspace, tmp_path, MAIN)


def uploaded(client: TFEClient, workspace: Workspace, folder: pathlib.Path, text: str) -> ConfigurationVersion:
    """Uploads a configuration, as the SDK packs it."""
    (folder / "main.tf").write_text(text)
    options = ConfigurationVersionCreateOptions(auto_queue_runs=False)
    made = client.configuration_versions.create(workspace.id, options)
    client.configuration_versions.upload(made.upload_url, str(folder))
    read = client.configuration_versions.read(made.id)
    assert read.status == "uploaded"
    return read


def start(client: TFEClient, workspace: Workspace, configuration: ConfigurationVersion, **options: object) -> Run:
    """Starts a run.

    `runs.create` of pytfe 1.5.0 writes the whole objects that its options name into the attributes of the request too,
    and fails on the times of one that was read from a server. So they are named by their ids, as its own examples do.
    """
    asked = RunCreateOptions(
        workspace=Workspace(id=workspace.id),
        configuration_version=ConfigurationVersion(id=configuration.id),
        **options,
    )
    return client.runs.create(asked)


def wait(client: TFEClient, run: Run, *statuses: str) -> Run:
    """Waits until a run has one of these statuses; any other end is a failure."""
    return wait_for(lambda: client.runs.read(run.id), lambda read: read.status.value, statuses)


def wait_for(read: Callable, status: Callable, statuses: tuple[str, ...]):
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while (found := status(last := read())) not in statuses:
        assert found not in ENDED, last
        assert time.monotonic() < deadline, last
        time.sleep(0.05)
    return last


def log_text(url: str) -> str:
    """The text of a finished log.

    `plans.logs` and `applies.logs` of pytfe 1.5.0 check the log's URL and then answer an empty text, whatever the log
    holds: they do not read it yet. So the flows read the URL that the SDK hands out.
    """
    framed = httpx.get(url, params={"limit": 1_000_000, "offset": 0}, trust_env=False).raise_for_status().content
    assert framed[:1] == b"\x02" and framed[-1:] == b"\x03", framed[:20]
    return framed[1:-1].decode()
