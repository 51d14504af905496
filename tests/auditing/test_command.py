"""`rewardkit audit`: exit codes, the baseline file, attacks of other people, and the formats of other tools."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from rewardkit.cli import app

ATTACKS = """
import rewardkit
from rewardkit.auditing import Attack

@rewardkit.hookimpl
def rewardkit_attacks():
    return [Attack("apology", "An apology.", lambda task: ["Sorry!"])]
"""
POLITE = """
import rewardkit

@rewardkit.reward
def polite(completion, ground_truth):
    return 1.0 if completion.strip() in ("Sorry!", ground_truth) else 0.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    (folder / "attacks.py").write_text(ATTACKS)
    (folder / "polite.py").write_text(POLITE)
    (folder / "rubric.yaml").write_text("rewards:\n  polite: {}\n")
    rows = [{"question": f"How many eggs are in tray {n}?", "answer": str(n)} for n in range(11, 15)]
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


def run(folder: Path, *arguments: str):
    files = [str(folder / "rubric.yaml"), str(folder / "rows.jsonl"), "--plugin", str(folder / "polite.py")]
    return CliRunner().invoke(app, ["audit", *files, "--workers", "1", *map(str, arguments)])


def test_an_attack_of_somebody_else_is_found_and_reported_everywhere(folder):
    attack = ("--attack", folder / "attacks.py")
    sarif, junit, baseline = folder / "a.sarif", folder / "a.xml", folder / "accepted.json"
    done = run(folder, *attack, "--json", "--sarif", sarif, "--junit", junit)
    assert done.exit_code == 1, done.output
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["rule"], found["reward"], found["completion"]) == ("attack/apology", "polite", "Sorry!")
    (result,) = json.loads(sarif.read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], result["level"]) == ("attack/apology", "error")
    assert place == {"artifactLocation": {"uri": str(folder / "rows.jsonl")}, "region": {"startLine": 1}}
    suite = ET.parse(junit).getroot()
    assert [case.get("name") for case in suite if len(case)] == ["attack/apology [polite]"]
    assert int(suite.get("tests")) == len(suite) > 10

    accepted = run(folder, *attack, "--baseline", baseline, "--update-baseline")
    assert accepted.exit_code == 0
    assert "1 accepted by the baseline" in accepted.output
    assert json.loads(baseline.read_text())["accepted"][0]["fingerprint"] == found["fingerprint"]


def test_a_sound_rubric_ends_with_0(folder):
    done = run(folder)
    assert (done.exit_code, "nothing found" in done.output) == (0, True), done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--skip", "emty"), "no attack is called 'emty'"),
        (("--fail-on", "fatal"), "--fail-on fatal: write note, warning, error"),
        (("--update-baseline",), "name it with --baseline"),
        (("--baseline", "nowhere.json"), "--update-baseline writes it"),
        (("--attack", "unknown"), "no file and no installed plugin of that name"),
        (("--attack", "POLITE"), "it brings no attack"),
    ],
)
def test_a_wrong_use_is_named(folder, arguments, message):
    given = [str(folder / "polite.py") if one == "POLITE" else one for one in arguments]
    done = run(folder, *given)
    assert done.exit_code == 2
    assert message in done.output


def test_the_attacks_are_listed(folder):
    done = run(folder, "--list")
    assert done.exit_code == 0
    assert "prompt_echo" in done.output
