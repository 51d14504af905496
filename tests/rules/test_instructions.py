"""`instruction_following`: each constraint of the table judges both ways, in time, and nothing else earns it."""

import json
from pathlib import Path

import pytest

from rewardkit import RewardContext, Sample, Score
from rewardkit_instructions import detect
from rewardkit_instructions.constraints import CONSTRAINTS, IFBENCH, IFEVAL, arguments_of, loosened
from rewardkit_instructions.reward import InstructionFollowing, InstructionFollowingParams

ROOT = Path(__file__).parents[2]
GOLDEN = [
    json.loads(line)
    for line in (ROOT / "tests" / "golden" / "instructions.jsonl").read_text(encoding="utf-8").splitlines()
]


def judged(completion: str, names: list[str], kwargs: list[dict] | None = None) -> Score:
    columns = {"instruction_id_list": names, "kwargs": kwargs or [{} for _ in names]}
    reward = InstructionFollowing(InstructionFollowingParams(), RewardContext())
    return reward.score([Sample(completion=completion, columns=columns)])[0]


def test_the_golden_rows_show_each_constraint_both_ways():
    shown = {row["id"] for row in GOLDEN}
    wanted = {f"if_{name}_{verdict}" for name in CONSTRAINTS.keys() - {"words:start_verb"} for verdict in ("yes", "no")}
    assert wanted <= shown
    assert (len(IFEVAL), len(IFBENCH)) == (25, 58)


def test_the_page_lists_each_constraint_with_its_arguments():
    page = (ROOT / "docs" / "instructions.md").read_text(encoding="utf-8")
    for name, check in CONSTRAINTS.items():
        arguments = ", ".join(f"`{argument}`" for argument in arguments_of(check))
        assert f"| `{name}` | {arguments} |" in page


EXAMPLES = {
    row["sample"]["columns"]["instruction_id_list"][0]: row["sample"]["columns"]["kwargs"][0]
    for row in GOLDEN
    if row["id"].endswith(("_yes", "_no"))
}
HOSTILE = {
    "blanks": " " * 300_000,
    "lines": "\n" * 300_000,
    "brackets": "[" * 300_000,
    "angles": "<<" * 150_000,
    "stars": "* " * 150_000,
    "quotes": "\"'" * 150_000,
    "stops": "a. " * 100_000,
    "word": "a" * 300_000,
    "odd": "\x00\u202e\ud800 \ufeff" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_end_and_take_no_more_than_linear_time(quick, text: str):
    for name, kwargs in EXAMPLES.items():
        if name == "words:odd_even_syllables":
            continue
        score = quick(lambda name=name, kwargs=kwargs: judged("x" + text, [name], [kwargs]), seconds=2.0)
        assert score.status == "scored", name


@pytest.mark.parametrize("completion", ["", "   ", "<think>no comma</think>", "<think>it is open"])
def test_an_empty_answer_follows_nothing(completion: str):
    score = judged(completion, ["punctuation:no_comma"])
    assert (score.value, score.kind) == (0.0, "no_answer")


def test_the_reasoning_follows_no_instruction_for_the_answer():
    assert judged("<think>sea</think>Land.", ["keywords:existence"], [{"keywords": ["sea"]}]).value == 0.0


def test_each_constraint_is_told_strict_and_loose():
    score = judged(
        "Sure!\n*No such mark*", ["punctuation:no_comma", "startend:end_checker"], [{}, {"end_phrase": "mark"}]
    )
    assert score.details["constraints"] == [
        {"id": "punctuation:no_comma", "strict": True, "loose": True},
        {"id": "startend:end_checker", "strict": False, "loose": True},
    ]


def test_the_loose_texts_lack_first_line_last_line_and_asterisks():
    assert loosened("a\n*b*\nc") == ["a\n*b*\nc", "a\nb\nc", "*b*\nc", "b\nc", "a\n*b*", "a\nb", "*b*", "b"]


def test_what_is_not_installed_is_unsupported(monkeypatch: pytest.MonkeyPatch):
    def missing(_: str) -> None:
        return None

    monkeypatch.setattr(detect.importlib.util, "find_spec", missing)
    score = judged("the water is mighty", ["words:odd_even_syllables"])
    assert (score.status, score.kind) == ("abstained", "unsupported")


@pytest.mark.parametrize(
    "kwargs",
    [
        {"keyword": "a", "frequency": "many", "relation": "at least"},
        {"keyword": "a", "frequency": 1, "relation": "about"},
    ],
)
def test_an_argument_that_cannot_be_used_abstains(kwargs: dict):
    assert judged("A.", ["keywords:frequency"], [kwargs]).kind == "unreadable_ground_truth"


def test_numbers_that_parquet_made_floats_are_integers_again():
    assert judged("Look there. The cat runs.", ["sentence:keyword"], [{"word": "cat", "N": 2.0}]).value == 1.0
