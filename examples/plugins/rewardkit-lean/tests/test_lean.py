"""The reward is what its users may expect, and no shortcut earns it."""

import json
import sys
import types
from pathlib import Path

import pytest
from rewardkit_lean import reward as reward_module
from rewardkit_lean.reward import LeanParams, LeanReward

from rewardkit import RewardContext, Sample
from rewardkit.testing import RewardTests

LINES = (Path(__file__).parent / "samples.jsonl").read_text(encoding="utf-8").splitlines()
SAMPLES = [json.loads(line) for line in LINES]
STATEMENT = "theorem two_two : 2 + 2 = 4 := by sorry"
GOOD = "```lean\ntheorem two_two : 2 + 2 = 4 := rfl\n```"


class TestLean(RewardTests):
    """Everything that a training run takes for granted."""

    reward = LeanReward
    samples = SAMPLES


def judge(**params):
    return LeanReward(LeanParams(**params), RewardContext())


def sample(completion, prompt="Say it.", ground_truth=None, **columns):
    return Sample(prompt=prompt, completion=completion, ground_truth=ground_truth, columns=columns)


def value(completion, params=None, **fields):
    return judge(**(params or {})).score([sample(completion, **fields)])[0].value


FORBIDDEN = [
    "theorem two_two : 2 + 2 = 4 := by admit",
    "theorem two_two : 2 + 2 = 4 := by native_decide",
    'macro "rfl" : tactic => `(tactic| sorry)\ntheorem two_two : 2 + 2 = 4 := by rfl',
    'notation a " = " b => True\ntheorem two_two : 2 + 2 = 4 := trivial',
    "instance : OfNat Nat 4 := ⟨5⟩\ntheorem two_two : 2 + 2 = 4 := rfl",
    "#eval 1\ntheorem two_two : 2 + 2 = 4 := rfl",
    "-- theorem two_two : 2 + 2 = 4\ntheorem other : 1 = 1 := rfl",
    "theorem two_two' : 2 + 2 = 4 := rfl",
]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_what_could_make_anything_true_is_refused_without_lean(code):
    assert value(f"```lean\n{code}\n```", formal_statement="theorem two_two : 2 + 2 = 4 := by sorry") == 0.0


def test_a_proof_abstains_where_lean_is_not_installed(monkeypatch):
    monkeypatch.setattr(reward_module, "missing", lambda: True)
    (score,) = judge().score([sample(GOOD, formal_statement=STATEMENT)])
    assert (score.status, score.kind) == ("abstained", "unsupported")


class Answer:
    """A reply of lean-interact's server, with the fields that the reward reads."""

    def __init__(self, *messages, sorries=()):
        self.messages = [types.SimpleNamespace(severity=severity, data=data) for severity, data in messages]
        self.sorries = list(sorries)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (Answer(("info", "'rewardkit_two_two' does not depend on any axioms")), 1.0),
        (Answer(("info", "'rewardkit_two_two' depends on axioms: [propext, Quot.sound]")), 1.0),
        (Answer(("info", "'rewardkit_two_two' depends on axioms: [sorryAx]")), 0.0),
        (Answer(("info", "'rewardkit_two_two' depends on axioms: [propext, Lean.ofReduceBool]")), 0.0),
        (Answer(("error", "unsolved goals")), 0.0),
        (Answer(("info", "does not depend on any axioms"), sorries=[1]), 0.0),
        (Answer(("info", "hello")), None),
        (TimeoutError(), None),
        (ConnectionAbortedError(), None),
    ],
)
def test_leans_answer_decides(monkeypatch, answer, wanted):
    asked = []

    class Server:
        def run(self, command, *, timeout):
            asked.append(command.cmd)
            assert timeout > 0
            if isinstance(answer, Exception):
                raise answer
            return answer

        def kill(self):
            pass

    module = types.SimpleNamespace(Command=lambda cmd: types.SimpleNamespace(cmd=cmd))
    monkeypatch.setitem(sys.modules, "lean_interact", module)
    monkeypatch.setattr(reward_module, "missing", lambda: False)
    monkeypatch.setattr(LeanReward, "_started", lambda _: Server())
    (score,) = judge().score([sample(GOOD, formal_statement=STATEMENT)])
    assert score.value == wanted
    assert asked[0].index("theorem two_two") < asked[0].index("theorem rewardkit_two_two : 2 + 2 = 4 := by")
    assert "#print axioms rewardkit_two_two" in asked[0]
