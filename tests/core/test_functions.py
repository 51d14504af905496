"""A function as a reward: what it may ask for, what it may return, and what is said of one that does not fit."""

import asyncio
import functools
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field

import rewardkit
from rewardkit import ConfigError, PluginError, RewardContext, Sample, Score, Scorer
from rewardkit.rewards.function import reward_of
from rewardkit.rewards.parts import LISTS, PARTS, VERL
from rewardkit.workers.judge import ask

SAMPLE = Sample(
    completion="<think>two and two</think>It is 4.",
    prompt="What is 2 + 2?",
    ground_truth="4",
    completion_tokens=12,
    truncated=False,
    group="g",
    columns={"answer": "four", "data_source": "sums", "extra_info": {"n": [1]}, "level": 3},
)


def judged(function: Callable[..., Any], *samples: Sample, **params: Any) -> list[Score]:
    """The scores of a function, as a worker asks for them."""
    made = reward_of(function, "mine")
    reward = made(made.Params(**params), RewardContext(deadline_s=2.0))
    try:
        return list(ask(reward, "mine", samples or [SAMPLE]))
    finally:
        reward.close()


def of_part(name: str) -> Any:
    """The argument that a function gets for this name, from one sample."""
    scope: dict[str, Any] = {}
    asked = "solution_str, " if name in VERL else ""
    exec(f"def mine({asked}{name}):\n    got.append({name})\n    return 1", scope)
    scope["got"] = got = []
    assert [score.status for score in judged(scope["mine"])] == ["scored"]
    return got[0]


VALUES = {
    "completion": "<think>two and two</think>It is 4.",
    "answer_text": "It is 4.",
    "reasoning": "two and two",
    "prompt": "What is 2 + 2?",
    "ground_truth": "4",
    "sample": SAMPLE,
    "turns": SAMPLE.turns,
    "completion_tokens": 12,
    "truncated": False,
    "group": "g",
    "solution_str": "<think>two and two</think>It is 4.",
    "completions": ["<think>two and two</think>It is 4."],
    "prompts": ["What is 2 + 2?"],
    "samples": [SAMPLE],
    "data_source": "sums",
    "extra_info": {"n": [1]},
    "level": 3,
}


@pytest.mark.parametrize("name", [*PARTS, *(name for name in LISTS if name != "completions"), *VERL, "level"])
def test_a_function_gets_what_it_asks_for(name: str):
    if name in LISTS:
        got: list[Any] = []

        def mine(completions, **asked):
            got.append(completions)
            return [1]

        judged(mine)
        assert got == [VALUES["completions"]]
        return
    assert of_part(name) == VALUES[name]


def test_every_name_has_a_meaning_in_the_docs(repository: Path):
    page = (repository / "docs" / "plugins.md").read_text(encoding="utf-8")
    for name, part in {**PARTS, **LISTS}.items():
        assert f"| `{name}` | {part.meaning} |" in page


@pytest.mark.parametrize(
    ("returned", "value"),
    [
        (1, 1.0),
        (0.25, 0.25),
        (True, 1.0),
        (False, 0.0),
        (Decimal("0.5"), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(2), 2.0),
        (np.bool_(True), 1.0),
        (np.array([0.5]), 0.5),
        (Score.scored(0.75, "said"), 0.75),
    ],
    ids=str,
)
def test_numbers_of_all_kinds_are_values(returned: Any, value: float):
    assert judged(lambda completion: returned)[0].value == value


def test_a_scalar_of_torch_is_a_value():
    torch = pytest.importorskip("torch")
    assert judged(lambda completion: torch.tensor(0.5))[0].value == 0.5
    assert [s.value for s in judged(lambda completions: torch.tensor([0.5, 1.0]), SAMPLE, SAMPLE)] == [0.5, 1.0]


def test_none_abstains():
    assert judged(lambda completion: None)[0].status == "abstained"


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("1.0", "returned the text '1.0'"),
        (float("nan"), "returned nan; a value is a finite number"),
        (np.float64("inf"), "returned inf"),
        (10**400, "a value is a finite number"),
        ([1.0], "returned list [1.0]; return a number"),
        (np.array([1.0, 2.0]), "returned several numbers for one sample"),
        ({"a": 1.0}, 'returned a dict and declares no values; declare them: values=("a",)'),
        (object, "returned <class 'object'>"),
    ],
    ids=str,
)
def test_what_is_no_judgement_is_named(returned: Any, said: str):
    score = judged(lambda completion: returned)[0]
    assert (score.status, score.kind) == ("failed", "plugin_error")
    assert said in score.reason


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (Score.scored(1.0), "returned a single Score for 2 samples; return a list"),
        (1.0, "returned float 1.0 for 2 samples; return a list"),
        ([1.0], "returned 1 score for 2 samples"),
        ("ab", "returned the text 'ab' for 2 samples"),
        ({"a": 1}, "returned dict {'a': 1} for 2 samples"),
        (None, "returned NoneType None for 2 samples"),
        ([1.0, float("nan")], "returned nan"),
        ((n for n in (1, 2)), "returned a generator; return a list"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_list_of_judgements_is_named(returned: Any, said: str):
    scores = judged(lambda completions: returned, SAMPLE, SAMPLE)
    assert [score.status for score in scores] == ["failed", "failed"]
    assert said in scores[0].reason


async def later() -> float:
    return 1.0


def test_a_forgotten_await_is_named():
    assert "returned a coroutine; write `async def`, and `await`" in judged(lambda completion: later())[0].reason
    assert "returned a coroutine" in judged(lambda completions: later())[0].reason
    assert "returned a coroutine" in judged(lambda completions: [later()])[0].reason


def test_trls_form_is_taken_as_it_is():
    def trl(prompts, completions, answer, log_extra=None, **columns):
        assert log_extra is None
        assert columns["level"] == [3, None]
        return [
            float(prompt in text + str(right)) for prompt, text, right in zip(prompts, completions, answer, strict=True)
        ]

    other = Sample(completion="p", prompt="p", columns={"answer": "x"})
    assert [score.value for score in judged(trl, SAMPLE, other)] == [0.0, 1.0]


def test_chat_completions_reach_trls_form_as_dictionaries():
    chat = Sample(completion=[{"role": "assistant", "content": "hello"}], prompt=[{"role": "user", "content": "hi"}])
    assert judged(lambda completions: [len(completions[0][0]["content"])], chat)[0].value == 5.0
    assert judged(lambda completion: completion == "hello", chat)[0].value == 1.0


def test_verls_form_is_taken_as_it_is():
    def compute_score(data_source, solution_str, ground_truth, extra_info=None):
        assert (data_source, extra_info) == ("sums", {"n": [1]})
        return {"score": float(ground_truth in solution_str), "acc": True}

    score = judged(compute_score)[0]
    assert (score.value, score.details) == (1.0, {"acc": True})


def test_a_row_without_ground_truth_abstains_and_is_not_judged():
    score = judged(lambda completion, ground_truth: float(completion == ground_truth), Sample(completion="x"))[0]
    assert (score.status, score.kind) == ("abstained", "no_ground_truth")
    assert reward_of(lambda ground_truth: 1).reads == ("ground_truth",)
    assert judged(lambda completion, ground_truth=None: 1.0, Sample(completion="x"))[0].value == 1.0


def test_a_bare_answer_is_the_rows_column():
    assert judged(lambda answer: answer == "four")[0].value == 1.0
    reason = judged(lambda answer: 1.0, Sample(completion="x"))[0].reason
    assert "'answer'" in reason
    assert "`answer_text`" in reason
    assert "`ground_truth`" in reason


def test_a_column_that_the_ground_truth_was_taken_from_can_be_asked_for():
    with Scorer({"rewards": {"mine": lambda answer, question: f"{question}{answer}" == "q4"}}, workers=1) as scorer:
        assert scorer.score([{"question": "q", "completion": "c", "answer": "4"}])[0].reward == 1.0


def test_a_misspelt_name_gets_the_nearest_right_one():
    score = judged(lambda completon: 1.0)[0]
    assert score.kind == "plugin_error"
    assert "asks for 'completon'" in score.reason
    assert "did you mean 'completion'" in score.reason


def test_parameters_are_typed_by_annotation_and_default():
    def mine(completion, words: Annotated[int, Field(ge=1)] = 50, scale=1, *, name: Annotated[str, "whose"] = "x"):
        return words * scale

    params = reward_of(mine).Params.model_json_schema()["properties"]
    assert params["words"] == {"default": 50, "minimum": 1, "title": "Words", "type": "integer"}
    assert params["name"]["description"] == "whose"
    assert judged(mine, words=2, scale=0.5)[0].value == 1.0
    for wrong in ({"words": 0}, {"wrds": 1}, {"scale": "a"}):
        with pytest.raises(ConfigError, match=r"rewards\.mine\.params"):
            Scorer({"rewards": {"mine": {"reward": mine, "params": wrong}}}, workers=1)


def test_a_parameter_is_the_rubrics_then_the_rows_then_its_default():
    def mine(completion, level=1):
        return level

    assert judged(mine, Sample(completion="x"))[0].value == 1.0
    assert judged(mine)[0].value == 3.0
    assert judged(mine, level=7)[0].value == 7.0


class Counter:
    """An object that is called."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, answer_text: str, plus: float = 0.0) -> float:
        return self.factor * len(answer_text) + plus

    def method(self, answer_text: str) -> float:
        return self.factor


def positional(completion, level, /):
    return level


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (Counter(2.0), 16.0),
        (Counter(2.0).method, 2.0),
        (functools.partial(Counter(1.0), plus=1.0), 9.0),
        (functools.partial(lambda words, completion: words, 5), 5.0),
        (positional, 3.0),
        (lambda answer_text: len(answer_text) + 1, 9.0),
        (lambda sample, **columns: columns["level"], 3.0),
    ],
    ids=["object", "bound method", "partial", "positional partial", "positional only", "lambda", "columns"],
)
def test_whatever_can_be_called_is_a_reward(function: Any, value: float):
    assert judged(function)[0].value == value


async def both_async(answer_text: list[str], ground_truth: list[str]) -> list[float]:
    return [float(truth in text) for text, truth in zip(answer_text, ground_truth, strict=True)]


def test_an_async_function_of_groups_is_not_asked_about_rows_without_a_ground_truth():
    function = rewardkit.reward(sees="group")(both_async)
    samples = [Sample(completion="4", prompt="?", ground_truth=truth) for truth in ("4", None)]
    with Scorer({"rewards": {"mine": function}}, workers=1) as scorer:
        scores = [result.scores["mine"] for result in scorer.score(samples)]
    assert [(score.value, score.kind) for score in scores] == [(1.0, "judged"), (None, "no_ground_truth")]


def none_or_number(answer_text: str) -> float | None:
    return float(len(answer_text)) if answer_text else None


def test_a_function_that_may_return_none_returns_something():
    assert judged(none_or_number)[0].value == 8.0


def generator(completion: str) -> Iterator[float]:
    yield 1.0


def forgets_return(completion: str) -> None:
    len(completion)


def takes_anything(*args: object) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (generator, "is a generator (it has a `yield`)"),
        (forgets_return, "returns nothing; `return` a number"),
        (takes_anything, r"takes \*args, which says nothing of what it wants"),
        (lambda: 1.0, "asks for nothing of a sample"),
        (lambda words=5: 1.0, "asks for nothing of a sample"),
        (print, r"takes \*args"),
        (lambda completion, model_dump=1: 1.0, "a name that pydantic keeps for itself"),
    ],
    ids=["generator", "no return", "*args", "no parameter", "parameters alone", "built-in", "pydantic's name"],
)
def test_a_function_that_cannot_be_a_reward_is_named(function: Any, said: str):
    with pytest.raises(PluginError, match=said.replace("(", r"\(").replace(")", r"\)")):
        Scorer({"rewards": {"mine": function}}, workers=1)


def test_a_class_that_is_no_reward_is_named():
    with pytest.raises(PluginError, match=r"is not a subclass of rewardkit\.Reward, nor a function"):
        Scorer({"rewards": {"mine": Counter}}, workers=1)


def test_errors_name_the_authors_frame():
    def inner(text: str) -> float:
        return float(text)

    def mine(completion):
        import json

        return inner(json.loads("{}")["x"])

    reason = judged(mine)[0].reason
    assert "'mine' raised KeyError: 'x' (test_functions.py, line " in reason
    assert 'in mine: return inner(json.loads("{}")["x"])' in reason

    def in_library(completion):
        import json

        return json.loads("{")

    assert "(test_functions.py, line " in judged(in_library)[0].reason


def test_sys_exit_fails_its_sample_alone():
    def mine(completion):
        if completion == "exit":
            sys.exit(3)
        return 1.0

    scores = judged(mine, Sample(completion="exit"), Sample(completion="stay"))
    assert [score.status for score in scores] == ["failed", "scored"]
    assert "raised SystemExit: 3" in scores[0].reason


def mutates(extra_info: dict[str, Any], completion: str) -> float:
    extra_info["n"].append(2)
    extra_info["seen"] = True
    return len(extra_info["n"])


def looks(extra_info: dict[str, Any]) -> float:
    return len(extra_info["n"]) + len(extra_info)


def test_a_reward_cannot_change_what_the_next_one_sees():
    with Scorer({"rewards": {"first": mutates, "second": looks, "third": mutates}}, workers=1) as scorer:
        row = {"completion": "x", "extra_info": {"n": [1]}}
        scores = scorer.score([row])[0].scores
    assert [score.value for score in scores.values()] == [2.0, 2.0, 2.0]
    assert row == {"completion": "x", "extra_info": {"n": [1]}}


def test_async_calls_are_under_way_together_within_their_concurrency():
    running = [0, 0]

    async def mine(completion, concurrency=4):
        running[0] += 1
        running[1] = max(running)
        await asyncio.sleep(0.01)
        running[0] -= 1
        return 1.0

    assert [score.value for score in judged(mine, *[SAMPLE] * 16, concurrency=4)] == [1.0] * 16
    assert running[1] == 4


def test_an_async_call_has_a_deadline_of_its_own():
    async def mine(completion):
        if completion == "hang":
            await asyncio.sleep(60)
        return 1.0

    scores = judged(mine, Sample(completion="hang"), SAMPLE)
    assert [(score.status, score.kind) for score in scores] == [("failed", "timeout"), ("scored", "judged")]


def test_groups_are_seen_whole():
    @rewardkit.reward(sees="group")
    def shortest(answer_text):
        return [len(text) == min(map(len, answer_text)) for text in answer_text]

    rows = [{"prompt": p, "completion": c} for p, c in [("a", "x"), ("a", "yy"), ("b", "zzz"), ("b", "z")]]
    with Scorer({"rewards": {"shortest": shortest}}, workers=1) as scorer:
        assert [result.reward for result in scorer.score(rows)] == [1.0, 0.0, 0.0, 1.0]


def test_closures_and_lambdas_reach_the_workers():
    factor = 3
    with Scorer({"rewards": {"a": lambda completion: factor * len(completion)}}, workers=2) as scorer:
        assert [result.reward for result in scorer.score([{"completion": "ab"}])] == [6.0]


def test_a_function_that_holds_what_cannot_be_sent_is_named():
    lock = threading.Lock()
    with pytest.raises(ConfigError, match=r"rewards\.mine: its function cannot be sent to a worker process"):
        Scorer({"rewards": {"mine": lambda completion: lock.locked()}}, workers=1)


SCRIPT = """
    from rewardkit import Scorer

    FACTOR = 2

    def helper(text):
        return FACTOR * len(text)

    def mine(completion):
        return helper(completion)

    with Scorer({"rewards": {"mine": mine, "other": {"reward": lambda level: level, "weight": 10}}}) as scorer:
        print(scorer.score([{"completion": "abc", "level": 1}])[0].reward)
"""


@pytest.mark.parametrize("way", ["script", "standard input"])
def test_functions_of_a_script_reach_the_workers_with_their_globals(way: str, tmp_path: Path):
    file = tmp_path / "script.py"
    file.write_text(textwrap.dedent(SCRIPT))
    command = [sys.executable, file] if way == "script" else [sys.executable]
    done = subprocess.run(
        command, input=textwrap.dedent(SCRIPT), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.stdout == "16.0\n", done.stderr


FILE = """
import rewardkit

@rewardkit.reward
def short(answer_text, words: int = 50):
    '''1 for an answer of at most `words` words.'''
    return len(answer_text.split()) <= words

def undecorated(completion):
    return _helper(completion)

def _helper(text):
    return len(text)
"""


def scores_of_file(tmp_path: Path, text: str, rewards: Mapping[str, Any]) -> list[Score]:
    file = tmp_path / "rewards.py"
    file.write_text(text)
    with Scorer({"rewards": rewards}, plugins=[file], workers=1) as scorer:
        return list(scorer.score([{"completion": "a b c"}])[0].scores.values())


def test_functions_of_a_plugin_file_are_rewards(tmp_path: Path):
    rewards = {"short": {"params": {"words": 2}}, "undecorated": None}
    assert [score.value for score in scores_of_file(tmp_path, FILE, rewards)] == [0.0, 5.0]


def test_a_file_names_line_and_function_of_what_does_not_fit(tmp_path: Path):
    with pytest.raises(PluginError, match=r"reward 'odd' \(rewards\.py, line 4\): the function is a generator"):
        scores_of_file(
            tmp_path, "import rewardkit\n\n\n@rewardkit.reward\ndef odd(completion):\n    yield 1\n", {"odd": {}}
        )


def test_a_plugin_for_another_version_is_named_and_left_out(tmp_path: Path):
    with pytest.raises(PluginError, match="it was written for version 2 of the reward interface, and this is 1"):
        scores_of_file(tmp_path, f"REWARDKIT_API_VERSION = 2\n{FILE}", {"short": {}})
    # Of another size, so that Python does not take what it compiled in the same second.
    assert scores_of_file(tmp_path, f"REWARDKIT_API_VERSION =  1\n{FILE}", {"short": {}})[0].value == 1.0


def test_named_values_are_declared():
    @rewardkit.reward(values=("strict", "loose"))
    def good(completion):
        return {"loose": 1, "strict": None}

    score = judged(good)[0]
    assert (score.value, score.values) == (1.0, {"strict": None, "loose": 1.0})

    @rewardkit.reward(values=("strict", "loose"))
    def bad(completion):
        return {"lose": 1}

    assert "returned the values 'lose', which it does not declare: 'strict', 'loose'" in judged(bad)[0].reason


def test_a_decorated_function_stays_a_function():
    @rewardkit.reward(name="other")
    def mine(completion):
        return len(completion)

    assert mine("abc") == 3
    assert reward_of(mine).name == "other"
