"""The reward is what its users may expect, and no shortcut earns it."""

import json
import sys
import types
from pathlib import Path

import pytest
from rewardkit_lean import reward as reward_module
from rewardkit_lean.reward import LeanParams, LeanReward, fault_of, program, theorem_of, without_comments

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
    "theorem two_two : 2 + 2 = 4 := by_elab do return .const `x []",
    "simproc foo (_ + _) := fun _ => do return .continue\ntheorem two_two : 2 + 2 = 4 := by simp",
    "open Lean Elab in\ntheorem two_two : 2 + 2 = 4 := rfl",
    'def a := "/-"\nmacro "x" : tactic => `(tactic| skip)\ndef b := "-/"\ntheorem two_two : 2 + 2 = 4 := rfl',
    'def a := "--"; axiom cheat : False\ntheorem two_two : 2 + 2 = 4 := rfl',
    "/- /- -/ -/ axiom cheat : False /- -/\ntheorem two_two : 2 + 2 = 4 := rfl",
]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_what_could_make_anything_true_is_refused_without_lean(code):
    assert value(f"```lean\n{code}\n```", formal_statement="theorem two_two : 2 + 2 = 4 := by sorry") == 0.0


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("a -- b\nc", "a \nc"),
        ("a /- b /- c -/ d -/ e", "a   e"),
        ("a /- -- -/ b", "a  b"),
        ("a -- /- \nb -- -/", "a \nb "),
        ("/-- doc -/ theorem", "  theorem".removeprefix(" ")),
        ("a /- b", "a  "),
    ],
)
def test_comments_are_leans(written, bare):
    assert without_comments(written).split() == bare.split()
    assert ("\n" in without_comments(written)) is ("\n" in bare)


def test_a_comment_may_say_what_code_may_not():
    assert fault_of("-- no sorry, no axiom here\ntheorem two_two : 2 + 2 = 4 := rfl", theorem_of(STATEMENT)) == ""


@pytest.mark.parametrize(
    ("written", "theorem"),
    [
        (STATEMENT, ("two_two", " : 2 + 2 = 4")),
        ("/- a long comment about a lemma -/\n" + STATEMENT, ("two_two", " : 2 + 2 = 4")),
        (
            "lemma h : 1 = 1 := rfl\ntheorem T (n : Nat) (h : 0 < n) : n ≠ 0 := by",
            ("T", " (n : Nat) (h : 0 < n) : n ≠ 0"),
        ),
        ("def two := 2", None),
    ],
)
def test_the_theorem_is_the_last_one_of_its_text(written, theorem):
    found = theorem_of(written)
    assert (found and tuple(found)) == theorem


def test_the_theorem_is_stated_before_the_code_whose_variables_and_names_end_with_a_section_that_it_cannot_name():
    attack = "variable (h : False)\ninclude h\ntheorem two_two : 2 + 2 = 5 := h.elim"
    lines = program(attack, theorem_of("theorem two_two : 2 + 2 = 5 := by"), "").splitlines()
    stated = next(line for line in lines if line.startswith("axiom "))
    section = next(line for line in lines if line.startswith("section ")).removeprefix("section ")
    goal = next(line for line in lines if line.startswith("theorem rewardkit_"))
    places = [lines.index(one) for one in (stated, f"section {section}", "include h", f"end {section}", goal)]
    assert places == sorted(places)
    assert stated.endswith(" : 2 + 2 = 5")
    assert f"type_of% @{stated.split()[1]}" in goal
    assert section.removeprefix("rewardkit_") in goal
    other = program(attack + "\n", theorem_of(STATEMENT), "")
    assert section not in other  # a hash of the code, which no code can hold


def test_a_proof_abstains_where_lean_is_not_installed(monkeypatch):
    monkeypatch.setattr(reward_module, "missing", lambda: True)
    (score,) = judge().score([sample(GOOD, formal_statement=STATEMENT)])
    assert (score.status, score.kind) == ("abstained", "unsupported")


class Answer:
    """A reply of lean-interact's server, with the fields that the reward reads (its `CommandResponse`)."""

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
        (Answer(("info", "'rewardkit_goal_1' depends on axioms: [propext,\n rewardkit_stated_1]")), 0.0),
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
    stated, code, goal = (
        asked[0].index(text) for text in ("axiom rewardkit_", "theorem two_two", "theorem rewardkit_")
    )
    assert stated < code < goal < asked[0].index("#print axioms rewardkit_goal_")
