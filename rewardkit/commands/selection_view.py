"""The figures of a selection as a person reads them: the steps, and what a random choice would have had."""

from collections.abc import Mapping
from typing import Any

from rewardkit.commands.console import console, number, table

_WRITTEN = {"sft": "conversations", "dpo": "pairs", "rows": "rows", "prompts": "prompts"}
_ROWS = {"all": "all rows", "kept": "kept", "random": "as many at random"}


def print_selection(summary: Mapping[str, Any], *, to_stderr: bool) -> None:
    """Prints the steps of a selection and the comparison with a random choice."""
    screen = console(to_stderr=to_stderr)
    if not summary["rows"]:
        screen.print("no rows")
        return
    compared = summary["compared"]
    shown = ["reward", "correct", "words", *(["tokens"] if compared["all"]["tokens"] is not None else [])]
    steps = table("step")
    for name in ("rejected", "rows", "prompts", *shown):
        steps.add_column(name, justify="right", no_wrap=True)
    steps.add_row("all", "", *_figures(compared["all"], shown))
    for step in summary["steps"]:
        steps.add_row(step["keeps"], f"{step['rejected']:,}", *_figures(step, shown))
    screen.print(steps)
    screen.print()
    beside = table("")
    for name in ("rows", "prompts", *shown, "cut off"):
        beside.add_column(name, justify="right", no_wrap=True)
    for name, title in _ROWS.items():
        beside.add_row(title, *_figures(compared[name], shown), _share(compared[name]["truncated"]))
    screen.print(beside)
    written, kept = summary["written"], summary["kept"]
    of = f", of {kept:,} rows" if summary["to"] == "prompts" else ""
    screen.print(f"{written:,} {_WRITTEN[summary['to']]}{of}; seed {summary['seed']}", soft_wrap=True)


def _figures(figures: Mapping[str, Any], shown: list[str]) -> list[str]:
    cells = [f"{figures['rows']:,}", f"{figures['prompts']:,}"]
    return [*cells, *(_FORMATS[name](figures[name]) for name in shown)]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


_FORMATS = {"reward": number, "correct": _share, "words": _count, "tokens": _count}
