"""A terrane server of its own for the tests of this folder: the built program, a database and files in a temporary
folder, an engine that is named by the caller.

The program is $TERRANE_TEST_PROGRAM, else the one that `cargo build` makes. Nothing here may be missing: a test that
cannot run is a failure.
"""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS_MAX = 30


def program(name: str) -> pathlib.Path:
    """A program of this repository, built."""
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
    path = pathlib.Path(os.environ.get("TERRANE_TEST_PROGRAM", folder / "terrane"))
    path = path if name == "terrane" else path.with_name(name)
    if not path.is_file():
        raise RuntimeError(f"there is no {path}: run `cargo build --workspace`, or name it in TERRANE_TEST_PROGRAM")
    return path


def tofu() -> pathlib.Path:
    """The real engine."""
    path = os.environ.get("TERRANE_TEST_TOFU")
    if not path:
        raise RuntimeError("TERRANE_TEST_TOFU is not set: name a tofu program in it (scripts/opentofu prints one)")
    return pathlib.Path(path)


class Server:
    """A running server; use it in a `with`."""

    def __init__(self, engine: pathlib.Path, *arguments: str) -> None:
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="terrane-compat-"))
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        # An engine is known by its name.
        self._engine = self._folder / "tofu"
        if engine.name == "tofu":
            self._engine = engine
        else:
            shutil.copy(engine, self._engine)
        self._arguments = arguments

    def __enter__(self) -> Server:
        command = [program("terrane"), "server", "--listen", "127.0.0.1:0", "--data-dir", self._data]
        # Without a limit on requests: a 429 would hide the answer that is looked for.
        command += ["--engine-path", self._engine, "--rate-limit", "0", *self._arguments]
        with self._log.open("wb") as log:
            # In a session of its own, so that it ends only when it is told to.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not (found := re.search(r' ready address=(\S+)', self.log())):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server does not start:\n{self.log()}")
            time.sleep(0.02)
        self.url = f"http://{found.group(1)}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """What the server has said."""
        return self._log.read_text(errors="replace")

    def token(self, user: str) -> str:
        """A fresh token of a user."""
        command = [program("terrane"), "admin", "token", "--user", user, "--data-dir", self._data]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return output.split()[-1]

    def call(self, token: str, method: str, path: str, body: object = None) -> dict:
        """One request to the API; its document."""
        request = urllib.request.Request(f"{self.url}/api/v2{path}", method=method)
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", "application/vnd.api+json")
        data = None if body is None else json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, data, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def read(self, token: str, path: str) -> None:
        """Reads something that must be there; a redirect is not followed."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        connection.request("GET", f"/api/v2{path}", headers={"Authorization": f"Bearer {token}"})
        status = connection.getresponse().status
        connection.close()
        if status >= 400:
            raise RuntimeError(f"GET {path} answers {status}: the world lacks what it reads")
