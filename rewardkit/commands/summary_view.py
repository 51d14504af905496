"""The summary of a run as a person reads it: first what needs to be done, then the figures, then the reasons."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from rewardkit.commands.console import console, number, safe, table, weight_shown
from rewardkit.score import Result

WIDE = 110
"""Columns from which on the table of scores shows all of its figures."""
REASONS_SHOWN = 4
GROUPS_SHOWN = 5
EXCERPT = 160

_BARS = "▁▂▃▄▅▆▇█"
_BARS_ASCII = "_.-=+*%#"
_STYLES = {"abstained": "yellow", "failed": "red"}
_NOT_ASKED = "not_asked"
_FOR_OTHER_ROWS = {_NOT_ASKED, "not_applicable", "no_ground_truth", "unreadable_ground_truth"}
"""Kinds of abstention of a reward whose ground truths look different, such as `code` on a file of mathematics."""


def print_summary(
    content: Mapping[str, Any], rows: Sequence[tuple[str, Result]], *, chosen: bool, redact: bool, to_stderr: bool
) -> None:
    """Prints a summary, and the judged rows that were kept to be shown.

    chosen  the user named the rubric: a reward of it that applies to no row gets a line
    redact  kinds instead of reasons, no names of groups: they can quote a completion or a prompt
    """
    screen = console(to_stderr=to_stderr)
    for where, result in rows:
        screen.print(_row_line(where, result), soft_wrap=True)
    if not content["rows"]:
        screen.print("no rows")
        return
    others = content["unjudged"] is None  # if nothing was judged, every reward is listed
    scores = {alias: score for alias, score in content["scores"].items() if not (others and _is_for_other_rows(score))}
    unused = [alias for alias in content["scores"] if alias not in scores]
    screen.print(_scores_table(scores, content["reward"], screen))
    total = content["reward"]
    figures = f"mean reward {number(total.get('mean'))}, std {number(total.get('std'))}"
    without = f"; {content['unrewarded']:,} without a reward" if content["unrewarded"] else ""
    screen.print(f"{content['rows']:,} rows: {figures}{without}", soft_wrap=True)
    for line in _groups_lines(content["groups"], redact=redact):
        screen.print(line, soft_wrap=True)
    for alias, score in scores.items():
        for line in _reason_lines(alias, score, redact=redact):
            screen.print(line, soft_wrap=True)
    for alias, score in scores.items():
        if spent := score.get("spent"):
            told = ", ".join(f"{amount:,.6g} {name.replace('_', ' ')}" for name, amount in spent.items())
            screen.print(f"{safe(alias)} took {told}", soft_wrap=True)
    for alias in unused if chosen else ():
        because = content["scores"][alias]["abstained_because"]
        reason = "" if redact or not because else f" ({safe(because[0]['reason'][:EXCERPT])})"
        screen.print(f"[dim]judged none of these rows:[/] {safe(alias)}{reason}", soft_wrap=True)
    if content["failed"]:
        screen.print(f"[red]{content['failed']:,} judgements failed; the reasons are above[/]")


def _is_for_other_rows(score: Mapping[str, Any]) -> bool:
    """True for a reward that was asked, and is for no row of this input."""
    return bool(score["kinds"]) and set(score["kinds"]) <= _FOR_OTHER_ROWS and set(score["kinds"]) != {_NOT_ASKED}


def _row_line(where: str, result: Result) -> str:
    scores = ", ".join(
        f"{safe(alias)} {number(score.value) if score.value is not None else score.status}"
        for alias, score in result.scores.items()
    )
    return f"[dim]{safe(short(where))}:[/] reward {number(result.reward)} [dim]({scores})[/]"


def _scores_table(scores: Mapping[str, Any], total: Mapping[str, Any], screen: Console) -> Table:
    """A line for each reward; on a narrow terminal without the distribution and the slowest row."""
    wide = screen.width >= WIDE
    quantiles = {"5 %": "0.05", "median": "0.5", "95 %": "0.95"} if wide else {"median": "0.5"}
    made = table("score")
    for name in ("weight", "mean", "std", *quantiles, "pass"):
        made.add_column(name, justify="right", no_wrap=True)
    if wide:
        made.add_column("distribution", no_wrap=True)
    for name in ("scored", "abstained", "failed"):
        made.add_column(name, justify="right", no_wrap=True)
    if wide:
        made.add_column("slowest", justify="right", overflow="fold")
    for alias, score in [*_with_values(scores), ("reward", total)]:
        is_total = score is total
        rate = score.get("pass_rate")
        cells = [
            f"[bold]{safe(alias)}[/]" if is_total else safe(alias),
            "" if is_total else weight_shown(score["weight"]),
            *(number(score.get(name)) for name in ("mean", "std")),
            *(number(score.get("quantiles", {}).get(q)) for q in quantiles.values()),
            "" if is_total else "–" if rate is None else f"{100 * rate:.0f} %",
        ]
        if wide:
            cells.append(_bars(score, screen))
        cells += [f"{score['count']:,}", *("" if is_total else _count(score[name], name) for name in _STYLES)]
        if wide:
            slowest = score.get("slowest")
            cells.append(f"{slowest['ms']:,.1f} ms, {safe(slowest['row'].rpartition(', ')[2])}" if slowest else "")
        made.add_row(*cells)
    return made


def _with_values(scores: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The figures of each reward, and behind them those of its named values."""
    for alias, score in scores.items():
        yield alias, score
        weight = score["weight"]
        for name, spread in score.get("values", {}).items():
            of_value = weight.get(name, 0.0) if isinstance(weight, Mapping) else 0.0
            yield f"{alias}.{name}", {**spread, "weight": of_value, "abstained": 0, "failed": 0}


def _bars(spread: Mapping[str, Any], screen: Console) -> str:
    """A histogram in eight characters, between its bounds."""
    if not spread.get("histogram"):
        return ""
    bars = _BARS if screen.encoding.startswith("utf") else _BARS_ASCII
    most = max(spread["histogram"])
    drawn = "".join(bars[round(times / most * (len(bars) - 1))] if times else " " for times in spread["histogram"])
    return f"{number(spread['min'])} {drawn} {number(spread['max'])}"


def _count(times: int, status: str) -> str:
    return f"[{_STYLES[status]}]{times:,}[/]" if times else "0"


def _groups_lines(groups: Mapping[str, Any], *, redact: bool) -> list[str]:
    lines = []
    if groups["groups"]:
        lines.append(f"{_counted(groups['groups'], 'group')} of several completions")
        for alias, solved in groups["solved"].items():
            shares = f"all completions in {solved['by_all']:,}, some in {solved['by_some']:,}"
            lines.append(f"  {safe(alias)} solved by {shares}, none in {solved['by_none']:,}")
        if flat := groups["no_spread"]:
            names = ", ".join(safe(name) for name in groups["no_spread_first"][:GROUPS_SHOWN])
            more = ", …" if flat > GROUPS_SHOWN else ""
            verb = "has" if flat == 1 else "have"
            listed = "" if redact else f": {names}{more}"
            lines.append(f"  {_counted(flat, 'group')} {verb} identical rewards (no GRPO signal){listed}")
    if groups["of_one"] and groups["groups"]:
        lines.append(f"  {_counted(groups['of_one'], 'more group')} of one completion")
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _reason_lines(alias: str, score: Mapping[str, Any], *, redact: bool) -> list[str]:
    """Why a reward abstained or failed, unless the rubric itself kept it from being asked."""
    lines = []
    for status, style in _STYLES.items():
        reasons = [reason for reason in score[f"{status}_because"] if reason["kind"] != _NOT_ASKED]
        if redact:
            reasons = [{**reason, "reason": reason["kind"]} for reason in reasons]
        for reason in reasons[:REASONS_SHOWN]:
            more = "; …" if reason["count"] > len(reason["rows"]) else ""
            where = "; ".join(map(short, reason["rows"])) + more
            text = safe(f"{alias}: {reason['reason'][:EXCERPT]} ({where})")
            lines.append(f"[{style}]{status} {reason['count']:,} ×[/] {text}")
        if (left := len(reasons) - REASONS_SHOWN) > 0:
            lines.append(f"[{style}]{status}[/] {safe(alias)}: {left} more reasons (--json lists them)")
    return lines


def short(where: str) -> str:
    """The name of a row without the folders of its file."""
    return where.rpartition("/")[2]
