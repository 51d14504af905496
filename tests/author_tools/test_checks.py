"""Each check finds its fault in a distribution of somebody else's, and none finds one in the built-ins."""

import functools
import json
from pathlib import Path

import pytest

from rewardkit.testing import CHECKS

ROOT = Path(__file__).parents[2]

ROWS = [
    {"prompt": "What is 2 + 2? Say only the number, and no other word before or after.", "ground_truth": "4",
     "completion": "<think>Two and two.</think>The answer is 4.", "expected": "full"},
    {"prompt": "What is 2 + 2? Say only the number, and no other word before or after.", "ground_truth": "4",
     "completion": "<think>4, or 5?</think>It is 5.", "expected": "zero"},
    {"prompt": "What is 3 + 3?", "completion": "It is 6.", "ground_truth": "6", "expected": 1.0},
    {"prompt": "What is 3 + 3?", "completion": "It is {", "ground_truth": "6", "expected": "malformed"},
]  # fmt: skip
CRITERIA = [
    {"prompt": "Name a fruit.", "completion": "An apple.", "ground_truth": '{"must_have": ["apple"]}'},
    {"prompt": "Name a fruit.", "completion": "A potato.", "ground_truth": '{"must_have": ["pear"]}'},
]

FAULTS = [
    ("starts_and_closes", "no_start", "FileNotFoundError: model.bin"),
    ("imports_nothing_heavy", "heavy_import", "imports numpy"),
    ("documented", "undocumented", "parameter 'strictness' has no description"),
    ("params_round_trip", "misspelt", "an unknown parameter is accepted"),
    ("judges", "not_a_number", "must be a finite number"),
    ("values_in_range", "out_of_range", "1.5, declared 0 to 1"),
    ("full_earns_most", "stingy", "scored 0.9, wanted 1"),
    ("zero_earns_nothing", "generous", "scored 1, wanted scored 0"),
    ("malformed_earns_nothing", "pays_the_unreadable", "scored 1, wanted no reward"),
    ("expected_values", "halves", "scored 0.5, expected 1.0"),
    ("same_twice", "dice", "asked again"),
    ("order_is_irrelevant", "remembers", "in reverse order"),
    ("batch_equals_singles", "normalises", "in one call with others"),
    ("messages_like_text", "text_only", "as a chat message"),
    ("thread_safe", "alarm", "signal only works in main thread"),
    ("event_loop_safe", "runs_a_loop", "cannot be called from a running event loop"),
    ("empty_earns_nothing", "likes_silence", "an empty completion earned 1"),
    ("echo_earns_nothing", "counts_words", "the prompt as the completion earned 1"),
    ("ground_truth_earns_nothing", "reads_criteria", "the ground truth as the completion earned 1"),
    ("missing_ground_truth_abstains", "zero_without_truth", "scored 0 without a ground truth"),
    ("keeps_deadline", "backtracks", "1 MB of one letter: not done within 1 s"),
    ("keeps_deadline", "exits", "NUL: it ended its process (exit code 0)"),
    ("never_raises", "recurses", "lone surrogates: failed ('recurses' raised UnicodeEncodeError"),
]


def test_each_check_has_its_fault():
    assert {check for check, _, _ in FAULTS} == CHECKS.keys()


@pytest.fixture(scope="module")
def environment(new_environment):
    made = new_environment()
    made.install(*(ROOT / "tests" / "third_party" / name for name in ("faulty-rewards", "heavy-reward")))
    return made


@pytest.fixture(scope="module")
def faults_of(environment, tmp_path_factory):
    """The faults of a reward by check. All rewards of a distribution are checked at once."""
    folder = tmp_path_factory.mktemp("rows")

    @functools.cache
    def checked(what: str, rows: str) -> dict[str, dict[str, str]]:
        file = folder / f"{rows}.jsonl"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in (CRITERIA if rows == "criteria" else ROWS)))
        done = environment.run("rewardkit", "check", what, file, "--json", "--deadline", 1, cwd=folder)
        assert done.returncode in (0, 1), done.stderr
        faults = {}
        for report in json.loads(done.stdout):
            assert [result["check"] for result in report["checks"]] == list(CHECKS)
            found = {result["check"]: result["found"] for result in report["checks"] if result["outcome"] == "fault"}
            faults[report["reward"]] = found
        assert done.returncode == any(faults.values())
        return faults

    def check(reward: str) -> dict[str, str]:
        if reward == "heavy_import":
            return checked(reward, "rows")[reward]
        if reward == "reads_criteria":
            return checked(f"faulty-rewards:{reward}", "criteria")[reward]
        return checked("faulty-rewards", "rows")[reward]

    return check


@pytest.mark.parametrize(("check", "reward", "found"), FAULTS, ids=[reward for _, reward, _ in FAULTS])
def test_a_check_finds_its_fault(faults_of, check: str, reward: str, found: str):
    faults = faults_of(reward)
    assert found in faults[check]


def test_a_sound_reward_has_no_fault(faults_of):
    assert faults_of("sound") == {}
