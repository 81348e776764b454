"""Organizations."""

import pytest
from pytfe import TFEClient
from pytfe.errors import NotFound, TFEError
from pytfe.models import Organization, OrganizationCreateOptions, OrganizationUpdateOptions


def test_made_read_changed_and_deleted(client: TFEClient) -> None:
    made = client.organizations.create(OrganizationCreateOptions(name="north", email="ops@north.example"))
    assert (made.id, made.name, made.email) == ("north", "north", "ops@north.example")
    assert client.organizations.read("north").external_id == made.external_id
    changed = client.organizations.update("north", OrganizationUpdateOptions(email="all@north.example"))
    assert (changed.email, changed.external_id) == ("all@north.example", made.external_id)
    assert "north" in {each.name for each in client.organizations.list()}
    client.organizations.delete("north")
    with pytest.raises(NotFound):
        client.organizations.read("north")
    assert "north" not in {each.name for each in client.organizations.list()}


def test_a_name_is_taken_once(client: TFEClient, organization: Organization) -> None:
    with pytest.raises(TFEError, match="already been taken") as refused:
        client.organizations.create(OrganizationCreateOptions(name=organization.name, email="x@acme.example"))
    assert refused.value.status == 422


def test_entitlements_capacity_and_queue(client: TFEClient, organization: Organization) -> None:
    entitlements = client.organizations.read_entitlements(organization.name)
    assert entitlements.operations and entitlements.state_storage
    capacity = client.organizations.read_capacity(organization.name)
    assert capacity.organization == organization.name
    assert capacity.pending >= 0 and capacity.running >= 0


def test_strangers_see_nothing(server, organization: Organization) -> None:
    from pytfe import TFEConfig

    config = TFEConfig(address=server.url, token=server.token("mallory"), max_retries=0)
    with TFEClient(config) as stranger:
        with pytest.raises(NotFound):
            stranger.organizations.read(organization.name)
        assert list(stranger.organizations.list()) == []
