"""What a person sees: tables, notes, progress. Nothing here judges or counts.

Texts of rows and plugins are shown without their control characters, which could move the cursor and rewrite what
stands on the terminal. What cannot be written to standard output is an OutputError; to standard error, no error.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from rewardkit.hooks import Finding
from rewardkit.output.writers import STDOUT, os_errors_as_output_errors
from rewardkit.rubrics.compose import NOT_APPLYING, NOT_JUDGED, Term
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result

PIPED_WIDTH = 140
"""Columns of a table that no terminal bounds."""
WIDE = 110
"""Columns from which on the table of scores shows all of its figures."""
TICK_S = 0.1
REASONS_SHOWN = 4
GROUPS_SHOWN = 5
EXCERPT = 160

_BARS = "▁▂▃▄▅▆▇█"
_BARS_ASCII = "_.-=+*%#"
_CONTROLS = {code: 0x2400 + code for code in range(0x20)} | dict.fromkeys(range(0x7F, 0xA0), 0xFFFD)
del _CONTROLS[ord("\n")], _CONTROLS[ord("\t")]
_STATES = {"ok": "[green]ok[/]", "missing": "[yellow]missing[/]", "broken": "[red]broken[/]"}


def printable(text: str) -> str:
    """The text with pictures in place of control characters other than the end of line and the tab."""
    return text.translate(_CONTROLS)


def json(content: Any) -> None:
    """JSON on standard output."""
    with os_errors_as_output_errors(STDOUT):
        sys.stdout.buffer.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()


def note(text: str) -> None:
    """A line on standard error."""
    _console(to_stderr=True).print(f"[dim]{_safe(text)}[/]", soft_wrap=True)


def warning(text: str) -> None:
    """A line on standard error that wants to be seen."""
    _console(to_stderr=True).print(f"[yellow]{_safe(text)}[/]", soft_wrap=True)


def number(value: float | None) -> str:
    """A number in three decimals at most, `–` for none."""
    return "–" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


@contextlib.contextmanager
def progress() -> Iterator[Callable[[], None]]:
    """Counts rows on standard error where that is a terminal; yields what to call after each row."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} rows judged, {task.fields[rate]:,.0f} a second"))
    with Progress(*columns, console=_console(to_stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate=0.0)
        rows, started, shown = 0, monotonic(), 0.0

        def tick() -> None:
            nonlocal rows, shown
            rows += 1
            now = monotonic()
            if now - shown > TICK_S:
                shown = now
                bar.update(task, completed=rows, rate=rows / (now - started))

        yield tick


def summary(content: Mapping[str, Any], rows: Sequence[tuple[str, Result]], *, to_stderr: bool) -> None:
    """The summary of a run, and the judged rows that were kept to be shown."""
    console = _console(to_stderr=to_stderr)
    if rows:
        console.print(_rows_table(rows))
    if not content["rows"]:
        console.print("no rows")
        return
    console.print(_scores_table(content, console))
    total = content["reward"]
    spread = f"mean reward {number(total.get('mean'))}, std {number(total.get('std'))}"
    without = f"; {content['unrewarded']:,} without a reward" if content["unrewarded"] else ""
    console.print(f"{content['rows']:,} rows: {spread}{without}")
    if line := _groups_line(content["groups"]):
        console.print(line)
    for alias, score in content["scores"].items():
        for what, style in (("abstained", "yellow"), ("failed", "red")):
            reasons = [
                reason
                for reason in score[f"{what}_because"]
                if not reason["reason"].startswith((NOT_APPLYING, NOT_JUDGED))  # that is as the rubric wants it
            ]
            for reason in reasons[:REASONS_SHOWN]:
                where = "; ".join(map(_short, reason["rows"])) + (
                    "; …" if reason["count"] > len(reason["rows"]) else ""
                )
                text = _safe(f"{alias}: {reason['reason'][:EXCERPT]} ({where})")
                console.print(f"[{style}]{what} {reason['count']:,} ×[/] {text}", soft_wrap=True)
            left = len(reasons) - REASONS_SHOWN
            if left > 0:
                console.print(f"[{style}]{what}[/] {_safe(alias)}: {left} more reasons (--json lists them)")
    if content["failed"]:
        console.print(f"[red]{content['failed']:,} judgements failed: see above[/]")


def plugins(rewards: Sequence[Mapping[str, Any]]) -> None:
    """The installed rewards."""
    console = _console()
    table = Table("reward", "from", "what it says", "parameters", box=None, pad_edge=False, header_style="bold")
    for reward in rewards:
        params = ", ".join(
            f"{name}={param['default']!r}" if "default" in param else name for name, param in reward["params"].items()
        )
        origin = f"{reward['distribution']} {reward['version']}"
        table.add_row(*(_safe(text) for text in (reward["name"], origin, reward["description"], params or "–")))
    console.print(table)


def findings(found: Sequence[Finding]) -> None:
    """What doctor found."""
    console = _console()
    table = Table("", "", "found", "what mends it", box=None, pad_edge=False, header_style="bold")
    for finding in found:
        table.add_row(_STATES[finding.state], _safe(finding.name), _safe(finding.found), _safe(finding.fix))
    console.print(table)


def explanation(
    where: str, shape: str, sample: Sample, rubric: Rubric, result: Result, terms: Mapping[str, Term]
) -> None:
    """One judged row, step by step."""
    console = _console()
    console.print(f"[bold]{_safe(where)}[/] read as {shape}")
    parts = Table(box=None, pad_edge=False, show_header=False)
    thought, answer = sample.parts
    for name, text in (
        ("prompt", sample.prompt_text),
        ("thought", thought if thought is not None else "(none)"),
        ("answer", answer or "(empty)"),
        ("ground truth", "(none)" if sample.ground_truth is None else str(sample.ground_truth)),
    ):
        parts.add_row(f"[dim]{name}[/]", _safe(_excerpt(text)))
    console.print(parts)
    for alias, score in result.scores.items():
        value = number(score.value) if score.value is not None else score.status
        took = f"  [dim]{result.elapsed_ms[alias]:.1f} ms[/]" if alias in result.elapsed_ms else ""
        console.print(f"\n[bold]{_safe(alias)}[/]  {value}{took}  {_safe(score.reason)}", soft_wrap=True)
        for name, detail in score.details.items():
            console.print(f"  [dim]{_safe(name)}:[/] {_safe(_excerpt(str(detail)))}", soft_wrap=True)
    console.print()
    total = Table("reward", "value", "weight", "adds", box=None, pad_edge=False, header_style="bold")
    for alias, score in result.scores.items():
        total.add_row(
            _safe(alias), number(score.value), number(result.weights[alias]), _added(terms[alias], result, alias)
        )
    console.print(total)
    clipped = f", clipped to {list(rubric.clip)}" if rubric.clip else ""
    console.print(f"[bold]reward[/] {number(result.reward)} ({rubric.combine}{clipped})")


def _added(term: Term, result: Result, alias: str) -> str:
    if term == "none":
        return "makes the whole None"
    if term is None:
        return "a probe: never paid" if not result.weights[alias] else "left out"
    return number(float(term))


def _rows_table(rows: Sequence[tuple[str, Result]]) -> Table:
    table = Table("row", "reward", *map(_safe, rows[0][1].scores), box=None, pad_edge=False, header_style="bold")
    for where, result in rows:
        cells = [number(s.value) if s.value is not None else f"[dim]{s.status}[/]" for s in result.scores.values()]
        table.add_row(_safe(_short(where)), number(result.reward), *cells)
    return table


def _scores_table(content: Mapping[str, Any], console: Console) -> Table:
    """A line for each reward; on a narrow terminal without the tails of the distribution and the slowest row."""
    wide = console.width >= WIDE
    quantiles = {"5 %": "0.05", "median": "0.5", "95 %": "0.95"} if wide else {"median": "0.5"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("score")
    for name in ("weight", "mean", "std", *quantiles):
        table.add_column(name, justify="right")
    table.add_column("least to greatest", no_wrap=True)
    for name in ("scored", "abstained", "failed", *(["slowest"] if wide else [])):
        table.add_column(name, justify="right")
    for alias, score in [*content["scores"].items(), ("reward", content["reward"])]:
        slowest = score.get("slowest")
        cells = [
            f"[bold]{_safe(alias)}[/]" if score is content["reward"] else _safe(alias),
            number(score["weight"]) if "weight" in score else "",
            *(number(score.get(name)) for name in ("mean", "std")),
            *(number(score.get("quantiles", {}).get(q)) for q in quantiles.values()),
            _bars(score, console),
            f"{score['count']:,}",
            *(_count(score.get(name), style) for name, style in (("abstained", "yellow"), ("failed", "red"))),
        ]
        if wide:
            cells.append(f"{slowest['ms']:,.1f} ms, {_safe(slowest['row'].rpartition(', ')[2])}" if slowest else "")
        table.add_row(*cells)
    return table


def _bars(spread: Mapping[str, Any], console: Console) -> str:
    """A histogram in eight characters, between its bounds."""
    if not spread.get("histogram"):
        return ""
    bars = _BARS if console.encoding.startswith("utf") else _BARS_ASCII
    most = max(spread["histogram"])
    drawn = "".join(bars[round(times / most * (len(bars) - 1))] if times else " " for times in spread["histogram"])
    return f"{number(spread['min'])} {drawn} {number(spread['max'])}"


def _short(where: str) -> str:
    """The name of a row without the folders of its file."""
    return where.rpartition("/")[2]


def _count(times: int | None, style: str) -> str:
    if times is None:
        return ""
    return f"[{style}]{times:,}[/]" if times else "0"


def _groups_line(groups: Mapping[str, Any]) -> str:
    if not groups["groups"]:
        return ""
    solved = ", ".join(f"{groups[f'solved_by_{who}']:,} by {who}" for who in ("all", "some", "none"))
    line = f"{groups['groups']:,} groups: {_safe(groups['solved_by'])} solved in {solved} of their completions"
    if groups["no_spread"]:
        names = ", ".join(name.replace("\n", " ") for name in groups["no_spread_first"][:GROUPS_SHOWN])
        more = ", …" if groups["no_spread"] > GROUPS_SHOWN else ""
        line += f"; no spread in {groups['no_spread']:,}, which teach GRPO nothing ({_safe(names)}{more})"
    if groups["of_one"]:
        line += f"; {groups['of_one']:,} more rows stand alone in their group"
    return line


def _excerpt(text: str) -> str:
    """The head and the tail of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 2 * EXCERPT else f"{line[:EXCERPT]} … {line[-EXCERPT:]}"


def _safe(text: str) -> str:
    """The text as rich prints it and nothing else: no markup, no control characters."""
    return escape(printable(text))


class _Console(Console):
    """A console whose failures are ours to report."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints, and says what went wrong where standard output takes nothing; standard error is done without."""
        with contextlib.suppress(OSError) if self.stderr else os_errors_as_output_errors(STDOUT):
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """Leaves it to the caller, where rich would end the program."""
        raise BrokenPipeError


def _console(*, to_stderr: bool = False) -> Console:
    stream = sys.stderr if to_stderr else sys.stdout
    return _Console(stderr=to_stderr, highlight=False, width=None if stream.isatty() else PIPED_WIDTH)
