"""A comparison as a person reads it on a terminal."""

from collections.abc import Mapping
from typing import Any

from rewardkit.commands.console import console, safe, table
from rewardkit.comparison.rendering import flip_cells, sections


def print_comparison(figures: Mapping[str, Any], first: int, *, redact: bool) -> None:
    """Prints the figures, and the first rows whose verdict changed.

    redact  no text of a row: neither reasons nor names of groups, which can quote one
    """
    screen = console()
    for section in sections(figures):
        if section.title == "Comparison":
            screen.print(safe(section.lines[0]), soft_wrap=True)
            continue
        made = table(safe(section.title) if not section.columns[0] else section.columns[0])
        for name in section.columns[1:]:
            made.add_column(name, justify="right")
        for row in section.rows:
            made.add_row(*map(safe, row))
        screen.print()
        screen.print(made)
        for line in () if redact and section.title == "Groups" else section.lines:
            screen.print(safe(line), soft_wrap=True)
    shown = figures["flips"][:first]
    for flip in shown:
        where, verdict, rewards, old, new = map(safe, flip_cells(flip))
        screen.print(f"\n[bold]{where}[/]: {verdict} [dim](reward {rewards})[/]", soft_wrap=True)
        if not redact:
            screen.print(f"  [dim]old:[/] {old}\n  [dim]new:[/] {new}", soft_wrap=True)
            screen.print(f"  [dim]completion:[/] …{safe(flip['completion'])}", soft_wrap=True)
    if (more := figures["verdicts"]["changed"] - len(shown)) > 0:
        screen.print(f"\n{more:,} more rows with another verdict; `-o flips.jsonl` writes them all", soft_wrap=True)
