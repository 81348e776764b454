"""Configuration versions."""

import io
import pathlib
import tarfile

import pytest
from conftest import MAIN, uploaded
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import ConfigurationVersion, ConfigurationVersionCreateOptions, Workspace


def test_an_archive_comes_back(client: TFEClient, configuration: ConfigurationVersion) -> None:
    archive = client.configuration_versions.download(configuration.id)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        assert files.extractfile("main.tf").read().decode() == MAIN


def test_one_waits_for_its_archive(client: TFEClient, workspace: Workspace) -> None:
    options = ConfigurationVersionCreateOptions(auto_queue_runs=False, speculative=True)
    made = client.configuration_versions.create(workspace.id, options)
    assert (made.status, made.speculative, made.auto_queue_runs) == ("pending", True, False)
    assert made.upload_url
    read = client.configuration_versions.read(made.id)
    assert read.upload_url is None, "the URL is shown once"
    with pytest.raises(NotFound):
        client.configuration_versions.download(made.id)


def test_the_newest_is_listed_first(client: TFEClient, workspace: Workspace, tmp_path: pathlib.Path) -> None:
    made = [uploaded(client, workspace, tmp_path, MAIN).id for _ in range(2)]
    assert [each.id for each in client.configuration_versions.list(workspace.id)] == made[::-1]


def test_an_older_one_is_archived(client: TFEClient, workspace: Workspace, tmp_path: pathlib.Path) -> None:
    older, current = (uploaded(client, workspace, tmp_path, MAIN) for _ in range(2))
    with pytest.raises(TFEError, match="current"):
        client.configuration_versions.archive(current.id)
    client.configuration_versions.archive(older.id)
    assert client.configuration_versions.read(older.id).status == "archived"
    with pytest.raises(NotFound):
        client.configuration_versions.download(older.id)


def test_one_that_came_from_no_repository(client: TFEClient, configuration: ConfigurationVersion) -> None:
    assert client.configuration_versions.ingress_attributes(configuration.id) is None
