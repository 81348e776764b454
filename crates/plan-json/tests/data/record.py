"""Records what engines plan for small configurations of the built-in `terraform_data`.

    python3 record.py ENGINE NAME...      e.g.  python3 record.py /usr/bin/tofu tofu

Writes one line for each case to NAME.jsonl: the case, the exit code of `plan -detailed-exitcode`, the
line that sums the plan up (if there is one), and the document of `show -json`, as a string so that
its bytes stay as they were.
"""

import json, os, pathlib, subprocess, sys, tempfile


def data(name, body="", lifecycle=""):
    lifecycle = f"lifecycle {{\n{lifecycle}\n}}\n" if lifecycle else ""
    return f'resource "terraform_data" "{name}" {{\n{body}\n{lifecycle}}}\n'


def block(kind, body):
    return f"{kind} {{\n{body}\n}}\n"


ONE, TWO = 'input = "1"', 'input = "2"'
OUTPUT = block('output "o"', 'value = "x"')
MOVED = block("moved", "from = terraform_data.a\nto = terraform_data.b")
IMPORT = block("import", 'to = terraform_data.a\nid = "abc"')
BEFORE = "create_before_destroy = true"
KEPT = "destroy = false"


def removed(destroy):
    return block("removed", f"from = terraform_data.a\nlifecycle {{\ndestroy = {destroy}\n}}")


def failing(kind, condition):
    return f'{kind} {{\ncondition = {condition}\nerror_message = "no"\n}}'


def remote_state(path):
    return f'data "terraform_remote_state" "r" {{\nbackend = "local"\nconfig = {{\npath = {path}\n}}\n}}\n'


def secret(value):
    return block('variable "s"', f'sensitive = true\ndefault = "{value}"') + data("a", "input = { k = var.s }")


# name: (configuration applied first, configuration planned, arguments of plan)
CASES = {
    "empty": (None, "# nothing\n"),
    "create": (None, data("a", ONE) + data("b", TWO)),
    "no_op": (data("a", ONE), data("a", ONE)),
    "update": (data("a", ONE), data("a", TWO)),
    "delete": (data("a", ONE) + data("b", ONE), data("b", ONE)),
    "destroy": (data("a", ONE) + OUTPUT, data("a", ONE) + OUTPUT, "-destroy"),
    "replace": (data("a", "triggers_replace = 1"), data("a", "triggers_replace = 2")),
    "replace_create_first": (
        data("a", "triggers_replace = 1", BEFORE),
        data("a", "triggers_replace = 2", BEFORE),
    ),
    "replace_and_forget": (data("a", "triggers_replace = 1", KEPT), data("a", "triggers_replace = 2", KEPT)),
    "tainted": (data("a", ONE), data("a", ONE)),
    "deposed": (data("a", ONE), data("a", ONE)),
    "sensitive_update": (secret("p1"), secret("p2")),
    "output_only": (data("a", ONE), data("a", ONE) + OUTPUT),
    "output_no_op": (data("a", ONE) + OUTPUT, data("a", ONE) + OUTPUT),
    "output_delete": (OUTPUT, "# nothing\n"),
    "moved": (data("a", ONE), data("b", ONE) + MOVED),
    "moved_update": (data("a", ONE), data("b", TWO) + MOVED),
    "import_only": (None, data("a") + IMPORT),
    "import_update": (None, data("a", ONE) + IMPORT),
    "import_replace": (None, data("a", "triggers_replace = 1") + IMPORT),
    "import_generate": (None, IMPORT, "-generate-config-out=generated.tf"),
    "import_errored": (None, data("a", "", failing("postcondition", 'self.id == "x"')) + IMPORT),
    "forget": (data("a", ONE), removed("false")),
    "forget_update": (data("a", ONE) + data("b", ONE), data("b", TWO) + removed("false")),
    "removed_destroy": (data("a", ONE), removed("true")),
    "errored": (
        data("a", ONE) + data("c", ONE),
        data("a", TWO)
        + data("b", TWO, failing("precondition", 'terraform_data.a.input == "1"'))
        + data("c", ONE),
    ),
    "errored_without_changes": (
        data("a", ONE),
        data("a", ONE)
        + block('output "o"', 'value = "x"\n' + failing("precondition", 'terraform_data.a.input == "2"')),
    ),
    "refresh_only": (data("a", ONE), data("a", TWO), "-refresh-only"),
    "refresh_only_output": (data("a", ONE), data("a", ONE) + OUTPUT, "-refresh-only"),
    "refresh_only_moved": (data("a", ONE), data("b", ONE) + MOVED, "-refresh-only"),
    "read_and_replace": (
        data("a", "triggers_replace = 1"),
        data("a", "triggers_replace = 2") + remote_state("terraform_data.a.id"),
    ),
    "read_only": (data("a", ONE), data("a", ONE) + remote_state("timestamp()")),
    "read_in_check": (
        data("a", ONE),
        data("a", ONE)
        + block(
            'check "c"',
            remote_state('"terraform.tfstate"')
            + failing("assert", "data.terraform_remote_state.r.outputs == {}"),
        ),
    ),
    "check_fails": (
        data("a", ONE),
        data("a", ONE) + block('check "c"', failing("assert", 'terraform_data.a.input == "9"')),
    ),
}


def change_state(case, folder):
    path = folder / "terraform.tfstate"
    if case not in ("tainted", "deposed"):
        return
    state = json.loads(path.read_text())
    instances = state["resources"][0]["instances"]
    if case == "tainted":
        instances[0]["status"] = "tainted"
    else:
        instances.append({**instances[0], "deposed": "deadbeef"})
    path.write_text(json.dumps(state))


def record(engine, case, first, planned, *arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def run(*command):
            return subprocess.run(
                [engine, *command], cwd=folder, env=environment, capture_output=True, text=True
            )

        if first is not None:
            (folder / "main.tf").write_text(first)
            run("init")
            if run("apply", "-auto-approve").returncode != 0:
                return None  # this engine does not know the feature
            change_state(case, folder)
        (folder / "main.tf").write_text(planned)
        run("init")
        plan = run("plan", "-no-color", "-detailed-exitcode", "-out=plan.bin", *arguments)
        lines = [line for line in plan.stdout.splitlines() if line.startswith("Plan:")]
        document = run("show", "-json", "plan.bin").stdout
        return {
            "case": case,
            "exit_code": plan.returncode,
            "line": lines[0] if lines else None,
            "document": document,
        }


if __name__ == "__main__":
    engine, name = sys.argv[1:]
    with open(pathlib.Path(__file__).parent / f"{name}.jsonl", "w") as out:
        for case, steps in CASES.items():
            recorded = record(engine, case, *steps)
            if recorded:
                out.write(json.dumps(recorded) + "\n")
