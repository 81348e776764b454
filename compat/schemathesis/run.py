"""Sends what the API's own description allows and what it forbids to a real server: no answer may be a 5xx, and none may
be other than described.

    run.py [SECONDS]    (default 60)

Twice: against objects that exist, so that handlers are reached, and with made-up ids. Every table of the run is the
tool's own; the seed is printed, and TERRANE_TEST_SEED repeats a run.
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import serve  # noqa: E402

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
]
# Left out, with the ruling (api-contract section 20 row 20 and 2.4): negative_data_rejection and
# missing_required_header, because unknown and misplaced members are ignored and any content type is accepted;
# positive_data_acceptance, because a valid document may name what is not there; unsupported_method and
# allow_header_conformance, because a verb that a path does not have is the 404 of what does not exist.

# How long a run of the world may take to be planned.
PLAN_SECONDS_MAX = 30
# Part of the time that goes to made-up ids.
STRANGE_SHARE = 0.25


# Numbers of versions, of which each is there once.
VERSIONS = itertools.count()

# What reads nothing in the world, and why.
EMPTY = {
    "getErroredState": "only an apply that could not hand over its state leaves one",
    "getIngressAttributes": "only a configuration that came from version control has some",
    "readObject": "takes a signature, not an id",
    "writeObject": "takes a signature, not an id",
}


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    seed = int(os.environ.get("TERRANE_TEST_SEED", secrets.randbelow(2**32)))
    print(f"schemathesis: TERRANE_TEST_SEED={seed}", flush=True)
    started = time.monotonic()
    with serve.Server(serve.program("fake-engine")) as server:
        # The first user is site administrator, who may ask for everything.
        token = server.token("ada")
        operations = described(server)
        settings, ids = worlds(server, token, operations)
        check_world(server, token, operations, ids)
        # Every operation once with each kind of value, however long it takes; then what chance finds in the time.
        failed = run(server, token, ["--phases", "coverage"], seed, settings, ids)
        rest = max(10, seconds - int(time.monotonic() - started))
        strange = int(rest * STRANGE_SHARE)
        chance = ["--phases", "fuzzing,stateful", "--max-time"]
        failed |= run(server, token, [*chance, str(strange)], seed, "", {})
        failed |= run(server, token, [*chance, str(rest - strange)], seed, settings, ids)
        if " ERROR " in server.log() or "panicked" in server.log():
            print(f"the server logged an error:\n{errors(server.log())}")
            failed = 1
    print(f"schemathesis: {int(time.monotonic() - started)} s", flush=True)
    return failed


def described(server: serve.Server) -> dict[str, tuple[str, str]]:
    """Verb and path of every operation."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{server.url}/api/v2/openapi.json", timeout=30) as answer:
        paths = json.load(answer)["paths"]
    return {
        operation["operationId"]: (verb.upper(), path) for path, item in paths.items() for verb, operation in item.items()
    }


def worlds(server: serve.Server, token: str, operations: dict[str, tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """The tool's settings: every parameter of a path names an object, for what deletes one of its own; and the ids."""
    kept = World(server, token, "acme")
    kept.add_run()
    lines = ["[parameters]", *parameters(kept.ids)]
    for number, (operation, (verb, path)) in enumerate(operations.items()):
        if verb == "DELETE":
            lines += of_operation(operation, World(server, token, f"gone-{number}").ids)
        elif "state-version" in path and "{workspace_id}" in path:
            lines += of_operation(operation, {**kept.ids, "workspace_id": kept.ids["states_id"]})
    for operation, query in queries(kept.ids).items():
        lines += ["[[operations]]", f"include-operation-id = {json.dumps(operation)}", "[operations.parameters]"]
        lines += [f"{json.dumps('query.' + name)} = {json.dumps(value)}" for name, value in query.items()]
    return "\n".join(lines) + "\n", kept.ids


def check_world(server: serve.Server, token: str, operations: dict[str, tuple[str, str]], ids: dict[str, str]) -> None:
    """Fails where the world has no object for a path: the tool would only ever meet the 404 of what is not there."""
    for operation, (verb, path) in operations.items():
        if operation in EMPTY:
            continue
        if missing := set(re.findall(r"{(\w+)}", path)) - ids.keys():
            raise RuntimeError(f"{operation}: the world has no {', '.join(missing)}; make one in World")
        if verb == "GET" and path.startswith("/api/v2/"):
            own = {**ids, "workspace_id": ids["states_id"]} if "current-state" in path else ids
            query = urllib.parse.urlencode(queries(ids).get(operation, {}))
            server.read(token, f"{path.removeprefix('/api/v2').format(**own)}?{query}")


def queries(ids: dict[str, str]) -> dict[str, dict[str, str]]:
    """The lists that need something in the query."""
    return {
        "listStateVersions": {"filter[organization][name]": "acme", "filter[workspace][name]": "states"},
        "listRunsOfQuery": {"workspace_id": ids["workspace_id"]},
        "listRunTriggers": {"filter[run-trigger][type]": "inbound"},
    }


def of_operation(operation: str, ids: dict[str, str]) -> list[str]:
    return ["[[operations]]", f"include-operation-id = {json.dumps(operation)}", "[operations.parameters]", *parameters(ids)]


def parameters(ids: dict[str, str]) -> list[str]:
    return [f"{json.dumps('path.' + name)} = {json.dumps(value)}" for name, value in ids.items()]


def run(
    server: serve.Server, token: str, arguments: list[str], seed: int, settings: str, ids: dict[str, str]
) -> int:
    """One run of the tool; 0 when nothing was found."""
    with tempfile.TemporaryDirectory(prefix="terrane-schemathesis-") as folder:
        config, report = pathlib.Path(folder) / "schemathesis.toml", pathlib.Path(folder) / "report.json"
        hooks = pathlib.Path(__file__).resolve().parent / "hooks.py"
        config.write_text(
            f'request-timeout = 30.0\nhooks = {json.dumps(str(hooks))}\n'
            f'headers = {{ Authorization = "Bearer ${{TERRANE_TOKEN}}" }}\n{settings}'
        )
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run"]
        command += [f"{server.url}/api/v2/openapi.json", "--url", server.url, "--checks", ",".join(CHECKS)]
        command += [*arguments, "--seed", str(seed), "--suppress-health-check", "all", "--no-shrink"]
        command += ["--continue-on-failure", "--report-json-path", report]
        environment = {**os.environ, "TERRANE_TOKEN": token, "TERRANE_IDS": json.dumps(ids)}
        environment |= {"NO_PROXY": "127.0.0.1", "NO_COLOR": "1"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        found = json.loads(report.read_text()) if report.exists() else None
    if done.returncode != 0 or found is None:
        print(done.stdout, done.stderr)
        return 1
    generated, tested = found["test_cases"]["generated"], found["operations"]["tested"]
    print(f"{' '.join(arguments)}: {generated} requests of {tested} operations, nothing found", flush=True)
    return 0


def errors(log: str) -> str:
    return "\n".join([line for line in log.splitlines() if " ERROR " in line or "panicked" in line][:20])


class World:
    """One of each of an owner's objects: `ids`, by the names that routes give them in their paths."""

    def __init__(self, server: serve.Server, token: str, organization: str) -> None:
        self._server, self._token = server, token
        self._make("/organizations", "organizations", {"name": organization, "email": "ops@example.com"})
        workspace = self._workspace(organization, "net")
        variable = self._make(
            f"/workspaces/{workspace['id']}/vars", "vars", {"key": "a", "value": "1", "category": "env"}
        )
        user = self._call("GET", "/account/details")["data"]["id"]
        token = self._make(f"/users/{user}/authentication-tokens", "authentication-tokens", {"description": "spare"})
        project = workspace["relationships"]["project"]["data"]["id"]
        varset = self._make(f"/organizations/{organization}/varsets", "varsets", {"name": "shared", "global": False})
        of_set = self._make(
            f"/varsets/{varset['id']}/relationships/vars", "vars", {"key": "a", "value": "1", "category": "env"}
        )
        applied = [{"type": "workspaces", "id": workspace["id"]}]
        self._call("POST", f"/varsets/{varset['id']}/relationships/workspaces", {"data": applied})
        source = self._workspace(organization, "source")["id"]
        trigger = self._make(
            f"/workspaces/{workspace['id']}/run-triggers", "run-triggers", {}, {"sourceable": ("workspaces", source)}
        )
        key = self._make(f"/organizations/{organization}/ssh-keys", "ssh-keys", {"name": "k", "value": "a key"})
        self._call(
            "POST",
            f"/workspaces/{workspace['id']}/relationships/tags",
            {"data": [{"type": "tags", "attributes": {"name": "t"}}]},
        )
        tag = self._call("GET", f"/organizations/{organization}/tags")["data"][0]
        version = self._make("/admin/terraform-versions", "terraform-versions", {"version": f"0.9.{next(VERSIONS)}"})
        deleted = self._workspace(organization, "deleted")["id"]
        self._state_of(deleted)
        self._call("POST", f"/workspaces/{deleted}/actions/unlock")
        self._call("DELETE", f"/workspaces/{deleted}")
        recoverable = self._call("GET", f"/organizations/{organization}/recoverable-items")["data"][0]
        self.ids = {
            "organization": organization,
            "workspace": "net",
            "workspace_id": workspace["id"],
            "project_id": project,
            "recoverable_item_id": recoverable["id"],
            "terraform_version_id": version["id"],
            "run_trigger_id": trigger["id"],
            "ssh_key_id": key["id"],
            "tag_id": tag["id"],
            "varset_id": varset["id"],
            "varset_variable_id": of_set["id"],
            "variable_id": variable["id"],
            "user_id": user,
            "token_id": token["id"],
        }

    def add_run(self) -> None:
        """Adds a planned run with all that hangs on it, and a workspace with a state."""
        workspace = self.ids["workspace_id"]
        configuration = self._make(
            f"/workspaces/{workspace}/configuration-versions", "configuration-versions", {"auto-queue-runs": False}
        )
        put(configuration["attributes"]["upload-url"], archive())
        to = {
            "workspace": ("workspaces", workspace),
            "configuration-version": ("configuration-versions", configuration["id"]),
        }
        run = self._make("/runs", "runs", {"message": "world"}, to)
        self._planned(run["id"])
        comment = self._make(f"/runs/{run['id']}/comments", "comments", {"body": "fine"})
        events = self._call("GET", f"/runs/{run['id']}/run-events")["data"]
        self.ids |= {
            "configuration_version_id": configuration["id"],
            "run_id": run["id"],
            "plan_id": run["relationships"]["plan"]["data"]["id"],
            "apply_id": run["relationships"]["apply"]["data"]["id"],
            "comment_id": comment["id"],
            "run_event_id": events[0]["id"],
        }
        self._add_state()

    def _add_state(self) -> None:
        workspace = self._workspace(self.ids["organization"], "states")["id"]
        made = self._state_of(workspace)
        outputs = self._call("GET", f"/state-versions/{made}/outputs")["data"]
        self.ids |= {
            "states_id": workspace,
            "state_version_id": made,
            "state_version_output_id": outputs[0]["id"],
        }

    def _state_of(self, workspace: str) -> str:
        """Locks a workspace and gives it a state."""
        self._call("POST", f"/workspaces/{workspace}/actions/lock", {})
        file = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "l", "resources": []}
        text = json.dumps({**file, "outputs": {"a": {"value": "x", "type": "string"}}}).encode()
        attributes = {
            "serial": 1,
            "lineage": "l",
            "md5": hashlib.md5(text, usedforsecurity=False).hexdigest(),
            "state": base64.b64encode(text).decode(),
        }
        return self._make(f"/workspaces/{workspace}/state-versions", "state-versions", attributes)["id"]

    def _workspace(self, organization: str, name: str) -> dict:
        return self._make(f"/organizations/{organization}/workspaces", "workspaces", {"name": name})

    def _call(self, method: str, path: str, body: object = None) -> dict:
        return self._server.call(self._token, method, path, body)

    def _make(self, path: str, kind: str, attributes: dict, relationships: dict | None = None) -> dict:
        data = {"type": kind, "attributes": attributes}
        if relationships:
            data["relationships"] = {name: {"data": {"type": to, "id": id}} for name, (to, id) in relationships.items()}
        return self._call("POST", path, {"data": data})["data"]

    def _planned(self, run: str) -> None:
        deadline = time.monotonic() + PLAN_SECONDS_MAX
        while (status := self._call("GET", f"/runs/{run}")["data"]["attributes"]["status"]) != "planned":
            if time.monotonic() > deadline:
                raise RuntimeError(f"the world's run is {status}")
            time.sleep(0.05)


def archive() -> bytes:
    """A configuration that tells the fake engine to plan one resource."""
    text = json.dumps({"plan": [{"print": "planning\n"}, {"plan": {"additions": 1}}]}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        entry = tarfile.TarInfo("fake-engine.json")
        entry.size = len(text)
        files.addfile(entry, io.BytesIO(text))
    return packed.getvalue()


def put(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, method="PUT")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(request, timeout=60).close()


if __name__ == "__main__":
    sys.exit(main())
