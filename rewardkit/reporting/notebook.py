"""Results as a notebook shows them: figures of each score, and the distribution of the reward."""

from collections.abc import Sequence
from html import escape
from statistics import fmean

from rewardkit.reporting.plots import histogram
from rewardkit.score import Result


def summary_html(results: Sequence[Result]) -> str:
    """A table of the scores, and a plot below it."""
    aliases = list(dict.fromkeys(alias for result in results for alias in result.scores))
    lines = [_line("reward", [result.reward for result in results])]
    lines += [
        _line(alias, [result.scores[alias].value if alias in result.scores else None for result in results])
        for alias in aliases
    ]
    rewards = [result.reward for result in results if result.reward is not None]
    plot = histogram(rewards, "reward", "completions") if rewards else ""
    head = "<tr><th></th><th>mean</th><th>scored</th><th>none</th></tr>"
    return f"<p>{len(results):,} results</p><table>{head}{''.join(lines)}</table>{plot}"


def _line(name: str, values: Sequence[float | None]) -> str:
    given = [value for value in values if value is not None]
    mean = f"{fmean(given):.3f}" if given else "–"
    cells = (escape(name), mean, f"{len(given):,}", f"{len(values) - len(given):,}")
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
