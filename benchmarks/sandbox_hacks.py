"""Programs that cheat, in each way in which tests are run: how many are rejected, and how many honest ones pass.

    python benchmarks/sandbox_hacks.py                              # the programs of tests/code/test_hostile.py
    python benchmarks/sandbox_hacks.py --sandbox docker --hacks X   # and a corpus: manifest.jsonl, tasks.jsonl, files

A program that cheats is rejected where its score is 0.0: neither a reward nor a failure that it caused.
"""

import argparse
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

HOSTILE = Path(__file__).parents[1] / "tests" / "code" / "test_hostile.py"
Tests = dict[str, Any]


class Hack(NamedTuple):
    """A program, a task's tests by their form, and whether it is an honest solution."""

    name: str
    program: str
    forms: dict[str, Tests]
    honest: bool


def of_the_tests() -> Iterator[Hack]:
    """The programs of the test suite, and the right one."""
    spec = importlib.util.spec_from_file_location("test_hostile", HOSTILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield Hack("right", module.RIGHT, module.WAYS, honest=True)
    for name, program in module.PROGRAMS.items():
        yield Hack(name, program, module.WAYS, honest=False)


def of_a_corpus(folder: Path) -> Iterator[Hack]:
    """The programs of a folder, in the order of its manifest: one may look for what another left."""
    rows = [json.loads(line) for line in (folder / "tasks.jsonl").read_text("utf-8").splitlines()]
    tasks = {task["id"]: forms_of(task) for task in rows}
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        program = (folder / row["file"]).read_text("utf-8", "surrogateescape")
        yield Hack(row["name"], program, tasks[row["task"]], honest=row["expect"] == "pass")


def forms_of(task: Tests) -> dict[str, Tests]:
    """The tests of a task as they are, and those of a function also as asserts, unittest and pytest."""
    native = {key: value for key, value in task.items() if key not in ("id", "mode", "prompt")} | {"kind": task["mode"]}
    if task["mode"] == "stdin":
        return {"stdin": native}
    forms = {"function": native}
    if task.get("compare", "eq") == "eq" and "args_after" not in task and len(str(task["cases"])) < 20_000:
        name = task["fn_name"]
        asserts = []
        for case in task["cases"]:
            call = f"{name}({', '.join(map(repr, case['args']))})"
            asserts.append(f"assert {call} == {case.get('expected_py', repr(case.get('expected')))}")
        body = "".join(f"        {one}\n" for one in asserts)
        head = f"from solution import {name}\n"
        forms["asserts"] = {"kind": "asserts", "setup": "", "asserts": asserts}
        text = f"import unittest\n{head}class T(unittest.TestCase):\n    def test_it(self):\n{body}"
        forms["unittest"] = {"kind": "unittest", "module": "solution", "test_file": text}
        text = f"{head}class TestIt:\n    def test_it(self):\n{body}"
        forms["pytest"] = {"kind": "pytest", "module": "solution", "test_file": text}
    return forms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sandbox", default="bubblewrap")
    parser.add_argument("--hacks", type=Path, help="folder of a corpus")
    parser.add_argument("--isolation", nargs="+", default=["separate", "taken_out"])
    options = parser.parse_args()
    hacks = [*of_the_tests(), *(of_a_corpus(options.hacks) if options.hacks else ())]
    worst = 0
    for isolation in options.isolation:
        params = CodeParams(cpu_s=2, isolation=isolation)
        reward = CodeReward(params, RewardContext(deadline_s=20.0, sandbox=options.sandbox))
        found: Counter[tuple[str, bool]] = Counter()
        for hack in hacks:
            for form, tests in hack.forms.items():
                if isolation != "separate" and form in ("stdin", "function"):
                    continue  # neither is run by a test of its own
                completion = f"````python\n{hack.program}\n````"
                (score,) = reward.score([Sample(completion=completion, ground_truth=tests)])
                right = score.status == "scored" and score.value == float(hack.honest)
                found["honest" if hack.honest else "cheats", right] += 1
                if not right:
                    worst = 1
                    print(f"  {hack.name} ({form}, {isolation}): {score.status} {score.value} {score.reason[:200]}")
        reward.close()
        for kind, what in (("cheats", "rejected"), ("honest", "passed")):
            total = found[kind, True] + found[kind, False]
            print(f"{options.sandbox}, {isolation}: {found[kind, True]} of {total} {kind} {what}", flush=True)
    sys.exit(worst)


if __name__ == "__main__":
    main()
