"""Composition against an independent model: 10,000 random rubrics, and not one reward that differs.

The model is written from docs/rubric.md alone. It knows what each reward would say if it were asked, works by
recursion instead of in the order of judging, and adds fractions instead of floats.
"""

import random
from fractions import Fraction
from typing import Any

from rewardkit import Rubric, Sample, Score
from rewardkit.rubrics.compose import compose, unjudged, weights_at

COLUMN = "kind"
VALUES = ("a", "b")


def model(rubric: dict[str, Any], column: str, raw: dict[str, float | str], progress: float) -> float | None:
    """The reward: `raw` has, for each alias, its value or "abstained" or "failed" if it were asked."""

    def end(alias: str) -> float | str:
        """How a reward ends: its value, "skipped", "blocked" (worth 0), "out" (its gate abstained), or as in `raw`."""
        config = rubric["rewards"][alias]
        if column not in config["when"][COLUMN]:
            return "skipped"
        gates = {gate: end(gate) for gate in config["gate"]}
        if any(v == "blocked" or (isinstance(v, float) and v < config["gate"][g]) for g, v in gates.items()):
            return "blocked"
        for ending in ("abstained", "out"):
            if ending in gates.values():
                return "out"
        return "failed" if "failed" in gates.values() else raw[alias]

    def clip(value: Fraction, bounds: list[float] | None) -> Fraction:
        return value if bounds is None else min(max(value, Fraction(bounds[0])), Fraction(bounds[1]))

    terms = []
    for alias, config in rubric["rewards"].items():
        (_, before), (_, after) = config["weight"]
        weight, ending = after if progress == 1 else before + (after - before) * progress, end(alias)
        if weight == 0 or ending == "skipped" or (ending == "out" and rubric["combine"] == "sum"):
            continue
        rule = {"abstained": config["on_abstained"], "failed": config["on_failed"]}.get(ending, ending)
        if rule == "none":
            return None
        if rule != "skip":
            value = clip(Fraction(rule), config["clip"]) if rule not in ("blocked", "out") else Fraction(0)
            terms.append(Fraction(weight * float(value)))  # one rounding for each term, as in floats
    if not terms:
        return None
    if rubric["combine"] == "sum":
        return float(clip(sum(terms), rubric["clip"]))
    product = 1.0
    for part in terms:
        product *= float(part)
    return float(clip(Fraction(product), rubric["clip"]))


def random_rubric(choose: random.Random) -> dict[str, Any]:
    """A rubric of one to six rewards; a gate always stands before what it guards, in a shuffled order of keys."""

    def number() -> float:
        return round(choose.uniform(-2, 2), choose.randrange(4))

    def bounds() -> list[float] | None:
        return choose.choice([None, None, sorted([number(), number()])])

    rewards: dict[str, Any] = {}
    for alias in "abcdef"[: choose.randint(1, 6)]:
        gates = choose.sample(list(rewards), choose.randint(0, min(2, len(rewards))))
        weight = choose.choice([0.0, 0.1, 1.0, number()])
        rewards[alias] = {
            "weight": [[0.0, weight], [1.0, choose.choice([weight, number()])]],
            "gate": {gate: choose.choice([1.0, 0.5, number()]) for gate in gates},
            "when": {COLUMN: list(choose.choice([VALUES, VALUES, ("a",), ("b",)]))},
            "clip": bounds(),
            "on_abstained": choose.choice(["skip", "skip", "none", number()]),
            "on_failed": choose.choice(["skip", "none"]),
        }
    shuffled = choose.sample(list(rewards.items()), len(rewards))
    return {"rewards": dict(shuffled), "combine": choose.choice(["sum", "product"]), "clip": bounds()}


def judged(rubric: Rubric, sample: Sample, raw: dict[str, float | str]) -> dict[str, Score]:
    """Scores as a worker gives them: a reward is asked where the rubric says so, gates first."""
    scores: dict[str, Score] = {}
    for alias in sorted(rubric.rewards):
        said = raw[alias]
        asked = Score.scored(said) if isinstance(said, float) else Score(value=None, status=said)
        scores[alias] = unjudged(rubric, rubric.rewards[alias], sample, scores) or asked
    return scores


def test_ten_thousand_random_rubrics_compose_as_the_model_says():
    choose = random.Random(20240229)
    seen = dict.fromkeys(("none", "zero", "other"), 0)
    for number in range(10_000):
        said = random_rubric(choose)
        column, progress = choose.choice(VALUES), choose.choice([0.0, 0.25, 1.0])
        raw: dict[str, float | str] = {
            alias: choose.choice([0.0, 1.0, 1.0, 0.5, choose.uniform(-2, 2), "abstained", "failed"])
            for alias in sorted(said["rewards"])
        }
        rubric, sample = Rubric.of(said), Sample(completion="x", columns={COLUMN: column})
        reward = compose(rubric, sample, judged(rubric, sample, raw), weights_at(rubric, progress))
        assert reward == model(said, column, raw, progress), f"rubric {number}: {said}, {column}, {raw}, {progress}"
        seen["none" if reward is None else "other" if reward else "zero"] += 1
    assert min(seen.values()) > 1000, f"too few rubrics of one sort to tell anything: {seen}"


def test_the_model_knows_what_no_gate_gives_away():
    """The model itself, on the case that once gave None instead of 0."""
    plain = {"weight": [[0, 0.0], [1, 0.0]], "when": {COLUMN: ["a"]}, "clip": None} | dict.fromkeys(
        ("on_abstained", "on_failed"), "skip"
    )
    chain = {
        "format": plain | {"gate": {}},
        "math": plain | {"gate": {"format": 1.0}},
        "brief": plain | {"gate": {"math": 1.0}, "weight": [[0, 1.0], [1, 1.0]]},
    }
    rubric = {"rewards": chain, "combine": "sum", "clip": None}
    assert model(rubric, "a", {"format": 0.0, "math": 1.0, "brief": 1.0}, 1.0) == 0.0
    assert model(rubric, "a", {"format": "abstained", "math": 1.0, "brief": 1.0}, 1.0) is None
    assert model(rubric, "a", {"format": 1.0, "math": 1.0, "brief": 1.0}, 1.0) == 1.0
