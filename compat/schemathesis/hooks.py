"""Makes generated documents point at objects that exist, and keeps their names, so that what comes after finds them.

Only with a world (TERRANE_IDS); with made-up ids everything goes as it was generated.
"""

import json
import os

import schemathesis

IDS = json.loads(os.environ.get("TERRANE_IDS", "{}"))
# Which object of the world a relationship of this type points at.
OF_KIND = {
    "workspaces": "workspace_id",
    "projects": "project_id",
    "configuration-versions": "configuration_version_id",
    "state-versions": "state_version_id",
    "runs": "run_id",
    "varsets": "varset_id",
    "ssh-keys": "ssh_key_id",
    "tags": "tag_id",
    "vars": "variable_id",
}
# A changed name would hide the object from every later request.
RENAMES = {"updateOrganization", "replaceOrganization", "updateWorkspace", "updateWorkspaceByName", "updateProject"}


@schemathesis.hook
def before_call(context, case, kwargs):
    if not IDS or not isinstance(case.body, dict) or not isinstance(data := case.body.get("data"), dict):
        return
    for link in (data.get("relationships") or {}).values() if isinstance(data.get("relationships"), dict) else ():
        to = link.get("data") if isinstance(link, dict) else None
        if isinstance(to, dict) and isinstance(to.get("id"), str) and isinstance(to.get("type"), str):
            to["id"] = IDS.get(OF_KIND.get(to["type"]), to["id"])
    attributes = data.get("attributes")
    if case.operation.definition.raw.get("operationId") in RENAMES and isinstance(attributes, dict):
        attributes.pop("name", None)
