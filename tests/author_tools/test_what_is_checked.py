"""A reward is checked in whatever form it comes: a class or function of a test, a file, a module; and from pytest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import rewardkit
from rewardkit import ConfigError, InputError, Reward, RewardParams, Score
from rewardkit.testing import CHECKS, RewardTests, check_reward
from rewardkit.testing.reward_tests import RewardTests as Inherited

ROWS = [
    {"prompt": "Yes?", "completion": "<think>?</think>Yes.", "expected": "full"},
    {"prompt": "Yes?", "completion": "No.", "expected": "zero"},
]


class YesParams(RewardParams):
    word: str = "yes"
    """The word that is looked for."""


class SaysYes(Reward):
    """1.0 for an answer with the word in it."""

    name = "says_yes"
    Params = YesParams
    value_range = (0.0, 1.0)

    def score(self, samples):
        return [Score.scored(float(self.params.word in sample.parts.answer.lower())) for sample in samples]


@rewardkit.reward(value_range=(0, 1))
def says_yes(answer_text):
    """1 for an answer with yes in it."""
    return "yes" in answer_text.lower()


def outcome(check: str, *arguments: object, **options: object) -> str:
    (report,) = check_reward(*arguments, **options)
    return {result.check: result.outcome for result in report.results}[check]


@pytest.mark.parametrize("reward", [SaysYes, says_yes], ids=["class", "function"])
def test_a_reward_of_a_test_module_is_checked_as_it_is(reward: object):
    assert outcome("full_earns_most", reward, ROWS) == "passed"
    assert outcome("zero_earns_nothing", reward, ROWS) == "passed"


def test_a_closure_is_checked():
    wanted = "yes"

    def closure(answer_text):
        """1 for an answer with the word in it."""
        return wanted in answer_text.lower()

    assert outcome("full_earns_most", closure, ROWS) == "passed"


def test_a_fault_is_an_assertion_with_the_sample_and_the_property():
    with pytest.raises(AssertionError, match="sample 1: scored 0, wanted 1") as raised:
        check_reward(SaysYes, ROWS, params={"word": "oui"})
    assert "right completions earn the most" in str(raised.value)


def test_a_check_that_is_left_out_has_its_reason():
    wrong = [{"prompt": "Yes?", "completion": "Well.", "expected": "full"}]
    (report,) = check_reward(SaysYes, wrong, skip={"full_earns_most": "it is only a probe"})
    (result,) = [result for result in report.results if result.check == "full_earns_most"]
    assert (result.outcome, result.found) == ("not checked", "left out: it is only a probe")


def test_a_completion_without_work_may_earn_what_the_author_allows():
    @rewardkit.reward
    def similarity(answer_text, ground_truth):
        """0.3 for anything."""
        return 1.0 if str(ground_truth) in answer_text else 0.3

    rows = [{"prompt": "2?", "completion": "2", "ground_truth": "2", "expected": "full"}]
    with pytest.raises(AssertionError, match=r"an empty completion earned 0\.3"):
        check_reward(similarity, rows, skip={"echo_earns_nothing": "the prompt is right"})
    check_reward(similarity, rows, idle_reward=0.3, skip={"echo_earns_nothing": "the prompt is right"})


def test_a_reward_that_needs_another_gets_its_score():
    @rewardkit.reward(needs=("math",))
    def half_of_math(answer_text, math):
        """Half of what math gives."""
        return math.value / 2

    rows = [
        {"prompt": "2?", "completion": "2", "ground_truth": "2", "expected": 0.5},
        {"prompt": "2?", "completion": "3", "ground_truth": "2", "expected": "zero"},
    ]
    assert outcome("expected_values", half_of_math, rows) == "passed"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "said"),
    [
        (["nobody_has_this"], {}, ConfigError, "No file, module or distribution is called so either"),
        (["nowhere.py"], {}, ConfigError, "nowhere.py"),
        ([int], {}, ConfigError, "not a reward"),
        ([SaysYes], {"params": {"wrd": "x"}}, ConfigError, "unknown key 'wrd'; did you mean 'word'"),
        ([SaysYes], {"skip": {"judge": ""}}, ConfigError, "no check is called 'judge'; did you mean 'judges'"),
        ([SaysYes, [{"completion": "x", "expected": "ful"}]], {}, InputError, "did you mean 'full'"),
        ([SaysYes, [{"completion": "x", "expected": True}]], {}, InputError, "found True"),
    ],
)
def test_what_cannot_be_checked_says_why(arguments: list, options: dict, error: type, said: str):
    with pytest.raises(error, match=said):
        check_reward(*arguments, **options)


FILE = '''
import rewardkit

@rewardkit.reward
def first(answer_text):
    """1 for an answer."""
    return bool(answer_text)

@rewardkit.reward
def second(answer_text):
    """Fails on long answers."""
    return 1 / (len(answer_text) < 1000)
'''


def check(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rewardkit", "check", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.parametrize("name", ["rewards.py", "rewards"], ids=["file", "module"])
def test_the_command_checks_all_rewards_of_a_file_or_module(tmp_path: Path, name: str):
    (tmp_path / "rewards.py").write_text(FILE)
    done = check(tmp_path, name, "--json", "--skip", "batch_equals_singles")
    assert done.returncode == 1, done.stderr
    first, second = json.loads(done.stdout)
    assert (first["reward"], second["reward"]) == ("first", "second")
    assert {one["check"] for one in first["checks"] if one["outcome"] == "fault"} == set()
    faults = {one["check"]: one["found"] for one in second["checks"] if one["outcome"] == "fault"}
    assert "ZeroDivisionError" in faults["never_raises"]
    assert check(tmp_path, "rewards.py:first").returncode == 0


def test_the_command_prints_a_table_and_lists_the_checks(tmp_path: Path):
    (tmp_path / "rewards.py").write_text(FILE)
    (tmp_path / "rows.jsonl").write_text('{"prompt": "?", "completion": "x", "expected": 1}\n')
    done = check(tmp_path, "rewards.py:second", "rows.jsonl")
    assert done.returncode == 1
    assert "1 MB on a line: failed" in " ".join(done.stdout.split())
    assert all(name in done.stdout for name in CHECKS)
    listed = " ".join(check(tmp_path, "--list").stdout.split())
    assert all(f"{one.name} {one.about}" in listed for one in CHECKS.values())
    nothing = check(tmp_path, "nobody_has_this")
    assert nothing.returncode == 2
    assert "no reward named 'nobody_has_this'" in nothing.stderr


def test_importing_the_package_imports_neither_pytest_nor_the_checks():
    code = "import sys, rewardkit.testing; print({'pytest', 'pydantic', 'cloudpickle'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_plugin_of_pytest_loads_nothing_until_it_is_asked():
    code = (
        "import sys, pytest\n"
        "class Look:\n"
        "    def pytest_collection_finish(self): print(sorted({'pydantic', 'cloudpickle'} & sys.modules.keys()))\n"
        "pytest.main(['-q', '--co', '-p', 'no:cacheprovider', '--rootdir=.', 'empty'], plugins=[Look()])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "cloudpickle" not in done.stdout


def test_the_fixture_is_the_function(pytestconfig: pytest.Config, request: pytest.FixtureRequest):
    if not pytestconfig.pluginmanager.hasplugin("rewardkit"):
        pytest.fail("the entry point of pytest is not installed: pip install -e .")
    assert request.getfixturevalue("check_reward") is check_reward


class TestSaysYes(RewardTests):
    """The class to inherit, in use."""

    reward = SaysYes
    samples = (
        *ROWS,
        {"prompt": "Yes?", "completion": "Yes or no", "expected": [0, 1]},
        {"prompt": "Yes?", "completion": "<think>yes", "expected": "malformed"},
    )
    skip = dict.fromkeys(
        ("echo_earns_nothing", "ground_truth_earns_nothing", "missing_ground_truth_abstains"), "it reads no truth"
    )

    def test_reward(self, check: str) -> None:
        if check not in self.skip:
            super().test_reward(check)


def test_the_class_is_public():
    assert RewardTests is Inherited
