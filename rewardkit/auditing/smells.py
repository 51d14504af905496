"""Rubrics that teach nothing, or the wrong thing: read off completions that were judged, right, wrong and idle."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean

from rewardkit.auditing.calibration import NEAR, Scale
from rewardkit.auditing.findings import AuditFinding, Level
from rewardkit.auditing.probing import Observation, Probe, Prober
from rewardkit.score import is_paid

LEAST = 4
"""Completions of a task, and tasks, that are needed before it is said that something never varies."""
NEGLIGIBLE = 0.01
"""A reward whose whole range is a hundredth of another's has no say."""
STYLE = 0.25
"""A reward of which an honest wrong completion has three quarters does not ask for the truth."""
ESCAPED = 0.1
"""A penalty of which less than this share is left was escaped."""


def smells(prober: Prober, scales: Sequence[Scale], seen: Sequence[Observation]) -> list[AuditFinding]:
    """All findings about the rubric itself."""
    rubric = prober.scorer.rubric
    paid = [alias for alias, config in rubric.rewards.items() if is_paid(config.weight_at(1.0))]
    gains = _gains(scales, paid)
    ungated = [alias for alias in paid if not rubric.rewards[alias].gate]  # behind a gate a bonus may be constant
    found = [*_constant(ungated, seen), *_without_reward(seen)]
    flat = {one.reward for one in found}
    found += _outvoted(scales, gains, [alias for alias in paid if alias not in flat])
    found += _dominated(paid, seen, flat)
    found += _gates(prober, seen)
    found += _out_of_range(prober, paid, seen)
    return [*found, *_escaped(prober, scales, paid, seen)]


def teaches_nothing(found: Sequence[AuditFinding]) -> bool:
    """True if the rubric pays the same whatever is written: attacks then only say the same again."""
    return any(one.rule in ("smell/constant", "smell/ignores_completion") and one.reward is None for one in found)


def _gains(scales: Sequence[Scale], paid: Sequence[str]) -> Mapping[str, float]:
    """By alias: how much more it adds to a right completion than to an honest wrong one, on average."""
    known = [(one.right, one.wrong) for one in scales if one.right is not None]
    return {
        alias: fmean(right.terms[alias] - wrong.terms[alias] for right, wrong in known) if known else 0.0
        for alias in paid
    }


def _constant(paid: Sequence[str], seen: Sequence[Observation]) -> Iterator[AuditFinding]:
    """Rewards, or the whole rubric, whose value never varies, or varies between tasks alone."""
    by_task: dict[int, list[Observation]] = defaultdict(list)
    for one in seen:
        by_task[id(one.probe.task.sample)].append(one)
    whole = _flat([[one.result.reward for one in all_] for all_ in by_task.values()])
    if (whole and (alone := seen[0].reward) != 0) or whole == "ignores_completion":
        yield _flat_finding(None, whole, seen, alone if whole == "constant" else None)
        return
    for alias in paid:
        values = [[one.result.scores[alias].value for one in all_] for all_ in by_task.values()]
        given = [value for all_ in values for value in all_ if value is not None]
        if not given:
            kinds = sorted({one.result.scores[alias].kind for one in seen})
            if kinds != ["not_applicable"] and "not_asked" not in kinds:
                yield AuditFinding(
                    "smell/never_judges",
                    "note",
                    f"`{alias}` gave no value to any of {len(seen)} completions ({', '.join(kinds)})",
                    fix="leave it out, or name the column that it reads: --map",
                    reward=alias,
                )
        elif kind := _flat(values):
            yield _flat_finding(alias, kind, seen, given[0] if kind == "constant" else None)


def _flat(by_task: Sequence[Sequence[float | None]]) -> str | None:
    """`constant` where all values are one; `ignores_completion` where those of each task are."""
    given = [[value for value in values if value is not None] for values in by_task]
    given = [values for values in given if len(values) >= LEAST]
    if not given or any(max(values) - min(values) > NEAR for values in given):
        return None
    firsts = [values[0] for values in given]
    return "constant" if max(firsts) - min(firsts) <= NEAR else "ignores_completion"


def _flat_finding(alias: str | None, kind: str, seen: Sequence[Observation], value: float | None) -> AuditFinding:
    name = "the rubric" if alias is None else f"`{alias}`"
    what = (
        f"gives {value:g} to every one of {len(seen)} completions, right, wrong and empty"
        if kind == "constant" and value is not None
        else "gives all completions of a task the same, right, wrong and empty; it varies between tasks alone"
    )
    # Zero everywhere is harmless where other rewards vary, and a reward that no honest completion reaches.
    level: Level = "error" if alias is None else "note" if value == 0 else "warning"
    return AuditFinding(
        f"smell/{kind}", level, f"{name} {what}: nothing is learnt from it",
        fix="look at how the reward reads the completion, and at its column", reward=alias,
    )  # fmt: skip


def _without_reward(seen: Sequence[Observation]) -> Iterator[AuditFinding]:
    """Tasks whose completions have no reward at all."""
    by_task: dict[int, list[Observation]] = defaultdict(list)
    for one in seen:
        by_task[id(one.probe.task.sample)].append(one)
    none = [all_ for all_ in by_task.values() if all(one.result.reward is None for one in all_)]
    if not none:
        return
    reasons = sorted({f"{alias}: {score.kind}" for one in none[0] for alias, score in one.result.scores.items()})
    elsewhere = all(
        score.kind in ("not_applicable", "not_asked")
        for all_ in none
        for one in all_
        for score in one.result.scores.values()
    )
    yield AuditFinding(
        "smell/no_reward",
        "error" if len(none) == len(by_task) else "note" if elsewhere else "warning",
        f"{len(none)} of {len(by_task)} tasks have no reward whatever is written ({', '.join(reasons)[:200]})",
        fix="`rewardkit validate` names the rows and the columns that were looked for",
        where=none[0][0].probe.task.where,
        rows=len(none),
        asked=len(by_task),
    )


def _outvoted(scales: Sequence[Scale], gains: Mapping[str, float], paid: Sequence[str]) -> Iterator[AuditFinding]:
    """Rewards that a wrong completion collects as well, if together they are worth as much as being right."""
    known = [one for one in scales if one.right is not None and not one.graded]
    first = max(gains, key=lambda alias: gains[alias], default=None)
    truth = sum(max(0.0, gain) for alias, gain in gains.items() if alias in paid)
    style = {alias: fmean(one.wrong.terms[alias] for one in known) for alias in paid if known and alias != first}
    style = {alias: added for alias, added in style.items() if gains[alias] <= STYLE * (added + gains[alias])}
    easy = sum(max(0.0, added) for added in style.values())
    if truth > 0 and easy >= truth:
        worst = max(known, key=lambda one: one.wrong.reward)
        yield AuditFinding(
            "smell/outvoted",
            "warning",
            f"a wrong completion earns {easy:g} by {', '.join(f'`{a}`' for a, v in style.items() if v > 0)}; being "
            f"right adds {truth:g}",
            fix="lower these weights, or gate them by the reward that reads the ground truth",
            reward=max(style, key=lambda alias: style[alias]),
            where=worst.task.where,
            completion=worst.task.wrong,
            earned=worst.wrong.reward,
            right=None if worst.right is None else worst.right.reward,
        )


def _dominated(paid: Sequence[str], seen: Sequence[Observation], flat: set[str | None]) -> Iterator[AuditFinding]:
    """A reward beside whose range another's disappears."""
    ranges = {
        alias: max(one.terms[alias] for one in seen) - min(one.terms[alias] for one in seen)
        for alias in paid
        if seen and alias not in flat
    }
    if not ranges:
        return
    first = max(ranges, key=lambda alias: ranges[alias])
    for alias, width in ranges.items():
        if 0 < width < NEGLIGIBLE * ranges[first]:
            yield AuditFinding(
                "smell/dominated", "note",
                f"`{alias}` moves the reward by {width:g} at most, `{first}` by {ranges[first]:g}: it has no say",
                fix="raise its weight, or make it a probe (weight 0)", reward=alias,
            )  # fmt: skip


def _gates(prober: Prober, seen: Sequence[Observation]) -> Iterator[AuditFinding]:
    """Gates that no completion passes, and gates that all pass."""
    rubric = prober.scorer.rubric
    for alias, config in rubric.rewards.items():
        for gate, least in config.gate.items():
            named, value = rubric.named(gate)
            values = [
                one.result.scores[named].value if value is None else one.result.scores[named].value_of(value)
                for one in seen
            ]
            given = [one for one in values if one is not None]
            if len(given) < LEAST:
                continue
            if max(given) < least:
                yield AuditFinding(
                    "smell/gate_never_opens", "error",
                    f"the gate `{gate}` >= {least:g} of `{alias}` opened for none of {len(given)} completions, right "
                    f"ones among them; the most was {max(given):g}",
                    fix="lower the bound, or show the model in the prompt what passes", reward=alias,
                )  # fmt: skip
            elif min(given) >= least:
                yield AuditFinding(
                    "smell/gate_always_open", "note",
                    f"the gate `{gate}` >= {least:g} of `{alias}` is open for every one of {len(given)} completions",
                    fix="raise the bound, or leave the gate out", reward=alias,
                )  # fmt: skip


def _out_of_range(prober: Prober, paid: Sequence[str], seen: Sequence[Observation]) -> Iterator[AuditFinding]:
    """Values outside of what a reward declares, or outside of -1 to 1 where it declares nothing and nothing clips."""
    steps = {step.alias: step for step in prober.scorer.steps}
    for alias in paid:
        config = prober.scorer.rubric.rewards[alias]
        declared = getattr(steps[alias].installed.reward, "value_range", None)
        low, high = declared if isinstance(declared, tuple) else (-1.0, 1.0)
        values = [(score.value, one) for one in seen if (score := one.result.scores[alias]).value is not None]
        worst = max(values, key=lambda pair: abs(pair[0] or 0.0), default=None)
        if worst is None or worst[0] is None or config.clip is not None or low - NEAR <= worst[0] <= high + NEAR:
            continue
        yield AuditFinding(
            "smell/out_of_range", "warning" if isinstance(declared, tuple) else "note",
            f"`{alias}` gave {worst[0]:g}, outside of [{low:g}, {high:g}]: its weight means something else than that "
            "of others",
            fix="scale it, or `clip: [0, 1]`", reward=alias, where=worst[1].probe.task.where,
            completion=worst[1].probe.text, earned=worst[1].reward,
        )  # fmt: skip


def _escaped(
    prober: Prober, scales: Sequence[Scale], paid: Sequence[str], seen: Sequence[Observation]
) -> Iterator[AuditFinding]:
    """Penalties that vanish if the same text is written with something that nobody sees, or numbered."""
    del scales
    for alias in paid:
        hit = [one for one in seen if one.terms[alias] < -NEAR and one.probe.text.strip()]
        if not hit:
            continue
        worst = min(hit, key=lambda one: (one.terms[alias], len(one.probe.text)))
        variants = {how: change(worst.probe.text) for how, change in _DISGUISES.items()}
        judged = prober.ask(Probe(worst.probe.task, text) for text in variants.values())
        for how, one in zip(variants, judged, strict=True):
            if one.terms[alias] > ESCAPED * worst.terms[alias] and one.reward > worst.reward:
                left = max(0.0, -one.terms[alias])
                yield AuditFinding(
                    "smell/penalty_escaped",
                    "warning" if how == UNSEEN else "note",
                    f"`{alias}` takes {-worst.terms[alias]:g} from a text, and {left:g} from the same text with {how}",
                    fix="normalise the text before it is measured",
                    reward=alias,
                    where=worst.probe.task.where,
                    completion=one.probe.text[:500],
                    earned=one.reward,
                    honest=worst.reward,
                )
                break


def _marked(text: str) -> str:
    """The text with a number in characters that nobody sees behind each word, so that no word comes twice."""
    return " ".join(word + format(number, "b").translate(_INVISIBLE) for number, word in enumerate(text.split(" ")))


def _numbered(text: str) -> str:
    parts = enumerate(text.split("."), 1)
    return "".join(f"({number}) {part}." for number, part in parts if part.strip())


_INVISIBLE = str.maketrans("01", "\u200b\u200c")
UNSEEN = "something that nobody sees behind each word"
_DISGUISES: Mapping[str, Callable[[str], str]] = {UNSEEN: _marked, "a number before each sentence": _numbered}
