"""One judged row as a person reads it: its texts, each score with what it rests on, and how the reward adds up."""

from collections.abc import Mapping
from typing import Any

from rewardkit.commands.console import console, number, safe, safe_block, table, weight_shown
from rewardkit.rubrics.compose import Term, term
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result, Weight, is_paid

HEAD_LINES = 24
TAIL_LINES = 12
LINE_CHARACTERS = 2000
"""A text is shown whole up to so many lines, and a line up to so many characters, unless --full."""
INDENT = "  "


def print_explanation(
    where: str, row_format: str, sample: Sample, rubric: Rubric, result: Result, *, full: bool, redact: bool
) -> None:
    """Prints how one row got its reward.

    full    whole texts, however long
    redact  lengths instead of texts, and no reasons and details, which can quote them
    """
    screen = console()
    screen.print(f"[bold]{safe(where)}[/], read as {row_format}", soft_wrap=True)
    reasoning, answer = sample.parts
    for name, text in (
        ("prompt", sample.prompt_text),
        ("reasoning", reasoning),
        ("answer", answer),
        ("ground truth", None if sample.ground_truth is None else _written(sample.ground_truth)),
    ):
        screen.print(_labelled(name, text, full=full, redact=redact), soft_wrap=True)
    for alias, score in result.scores.items():
        value = number(score.value) if score.value is not None else score.status
        took = f"  [dim]{result.elapsed_ms[alias]:.1f} ms[/]" if alias in result.elapsed_ms else ""
        reason = "" if redact else f"  {safe(score.reason)}"
        named = "".join(f"  {safe(name)} {number(one)}" for name, one in (score.values or {}).items())
        screen.print(f"\n[bold]{safe(alias)}[/]  {value}{named} [dim]{score.kind}[/]{took}{reason}", soft_wrap=True)
        told = {} if redact else {name: detail for name, detail in score.details.items() if detail is not None}
        for name, detail in told.items():
            screen.print(_labelled(name, _written(detail), full=full, redact=False), soft_wrap=True)
    screen.print()
    total = table("reward", "value", "weight", "adds")
    for alias, score in result.scores.items():
        added = term(rubric, alias, sample, result.scores, result.weights[alias])
        weight = result.weights[alias]
        total.add_row(safe(alias), number(score.value), weight_shown(weight), _added(added, weight))
    screen.print(total)
    clipped = f", clipped to {list(rubric.clip)}" if rubric.clip else ""
    screen.print(f"[bold]reward[/] {number(result.reward)} ({rubric.combine}{clipped})")


def _added(added: Term, weight: Weight) -> str:
    if added == "none":
        return "makes the reward None"
    if added is None:
        return "nothing: weight 0" if not is_paid(weight) else "nothing: left out"
    return number(float(added))


def _written(value: Any, indent: str = "") -> str:
    """A value as text: mappings and lists of them one entry a line, texts with their line breaks."""
    if isinstance(value, Mapping) and value:
        return "\n".join(f"{indent}{name}: {_entry(item, indent)}" for name, item in value.items())
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        return "\n".join(f"{indent}- {_entry(item, indent)}" for item in value)
    return f"{indent}{value}"


def _entry(value: Any, indent: str) -> str:
    text = _written(value, indent + INDENT)
    own_lines = "\n" in text or (isinstance(value, Mapping) and value)
    if isinstance(value, str) and "\n" in value:
        text = "\n".join(indent + INDENT + line for line in value.splitlines())
    return f"\n{text}" if own_lines else text.strip()


def _labelled(name: str, text: str | None, *, full: bool, redact: bool) -> str:
    """`name: text`, or the name and the text below it if it has several lines."""
    if text is None:
        return f"[dim]{safe(name)}:[/] (none)"
    if not text:
        return f"[dim]{safe(name)}:[/] (empty)"
    if redact:
        return f"[dim]{safe(name)}:[/] ({len(text):,} characters)"
    lines = text.splitlines()
    if not full:
        lines = [_shortened(line) for line in lines]
        if len(lines) > HEAD_LINES + TAIL_LINES + 1:
            left_out = len(lines) - HEAD_LINES - TAIL_LINES
            cut = f"… {left_out} lines left out; --full shows them …"
            lines = [*lines[:HEAD_LINES], cut, *lines[-TAIL_LINES:]]
    if len(lines) == 1:
        return f"[dim]{safe(name)}:[/] {safe(lines[0])}"
    return f"[dim]{safe(name)}:[/]\n" + "\n".join(INDENT + safe_block(line) for line in lines)


def _shortened(line: str) -> str:
    if len(line) <= LINE_CHARACTERS:
        return line
    half = LINE_CHARACTERS // 2
    return f"{line[:half]} … {len(line) - 2 * half:,} characters left out; --full shows them … {line[-half:]}"
