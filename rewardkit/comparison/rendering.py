"""A comparison as Markdown and as a page of HTML, from the figures that `Comparison.as_dict` gives."""

import html as escaping
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rewardkit.text import one_line

Cells = Sequence[str]
Figures = Mapping[str, Any]


class Section:
    """A heading, sentences and a table."""

    def __init__(self, title: str, columns: Cells = (), rows: Iterable[Cells] = (), lines: Sequence[str] = ()) -> None:
        """A section; without columns it has no table."""
        self.title = title
        self.columns = columns
        self.rows = list(rows)
        self.lines = lines


SCORE_COLUMNS = (
    "score", "rows", "old", "new", "difference (95 %, Welch)", "paired", "changed", "lost", "gained", "kappa", "ranks",
)  # fmt: skip


def sections(figures: Figures) -> list[Section]:
    """The figures as sections, in the order in which they are read: for every output that people read."""
    verdicts, reward, groups = figures["verdicts"], figures["reward"], figures["groups"]
    advantages, unmatched, cost = groups["advantages"], figures["unmatched"], figures["cost"]
    missing = [
        f"{unmatched[side]:,} rows are only in {figures[side]}, such as {unmatched['first'][side][0]}"
        for side in ("old", "new")
        if unmatched[side]
    ]
    head = [f"{figures['rows']:,} rows, judged by {figures['old']} and by {figures['new']}.", *missing]
    made = [
        Section("Comparison", lines=head),
        Section(
            "Verdicts",
            ("", "rows"),
            [
                ("correct, then wrong", f"{verdicts['lost']:,}"),
                ("wrong, then correct", f"{verdicts['gained']:,}"),
                ("judged, then not", f"{verdicts['no_longer_judged']:,}"),
                ("not judged, then judged", f"{verdicts['newly_judged']:,}"),
                ("changed in all", f"{verdicts['changed']:,} ({share(verdicts['share'])})"),
                ("correct", f"{verdicts['correct_old']:,} → {verdicts['correct_new']:,}"),
                ("Cohen's kappa", number(verdicts["kappa"])),
            ],
        ),
        Section(
            "Scores",
            SCORE_COLUMNS,
            [_score("reward", reward), *(_score(alias, one) for alias, one in figures["scores"].items())],
            lines=_only(figures),
        ),
    ]
    if groups["groups"]:
        lines = [
            f"{groups[f'signal_{side}']:,} groups {verb}: {'; '.join(groups[f'signal_{side}_first'])}"
            for side, verb in (("lost", "lost their signal"), ("gained", "gained one"))
            if groups[f"signal_{side}"]
        ]
        made.append(
            Section(
                "Groups",
                ("", "old", "new"),
                [
                    ("groups of several completions", f"{groups['groups']:,}", f"{groups['groups']:,}"),
                    (
                        "with identical rewards (no GRPO signal)",
                        f"{groups['zero_variance_old']:,}",
                        f"{groups['zero_variance_new']:,}",
                    ),
                    (f"rows with another advantage ({advantages['estimator']})", "", f"{advantages['changed']:,}"),
                    ("rows whose advantage changed its sign", "", f"{advantages['sign_changed']:,}"),
                    ("rank correlation of the advantages", "", number(advantages["correlation"])),
                ],
                lines,
            )
        )
    if any(cost[side]["seconds"] is not None or cost[side]["spent"] for side in cost):
        made.append(Section("Cost", ("", "old", "new"), _costs(cost)))
    return made


def flip_cells(flip: Figures) -> list[str]:
    """A flip as cells: row, verdicts, rewards, reasons."""
    old, new = flip["old"], flip["new"]
    return [
        old["row"],
        f"{old['verdict'] or 'not judged'} → {new['verdict'] or 'not judged'}",
        f"{number(old['reward'])} → {number(new['reward'])}",
        old["reason"],
        new["reason"],
    ]


FLIP_COLUMNS = ("row", "verdict", "reward", "old reason", "new reason")


def markdown(figures: Figures, flips: int) -> str:
    """A report in Markdown."""
    parts = []
    for section in sections(figures):
        parts.append(f"{'#' if section.title == 'Comparison' else '##'} {section.title}")
        parts += [_escaped(line) for line in section.lines]
        if section.columns:
            parts.append(_markdown_table(section.columns, section.rows))
    shown = figures["flips"][:flips]
    if shown:
        parts.append(f"## Changed verdicts: {len(shown):,} of {figures['verdicts']['changed']:,}")
        parts.append(_markdown_table(FLIP_COLUMNS, map(flip_cells, shown)))
    return "\n\n".join(parts) + "\n"


def html(figures: Figures, flips: int, *, whole: bool = True) -> str:
    """A page in HTML: no script, nothing from elsewhere; every text of the rows is escaped.

    whole  a page of its own, not a part of one
    """
    parts = []
    for section in sections(figures):
        level = 1 if section.title == "Comparison" else 2
        parts.append(f"<h{level}>{_safe(section.title)}</h{level}>")
        parts += [f"<p>{_safe(line)}</p>" for line in section.lines]
        if section.columns:
            parts.append(_html_table(section.columns, section.rows))
    shown = figures["flips"][:flips]
    if shown:
        parts.append(f"<h2>Changed verdicts: {len(shown):,} of {figures['verdicts']['changed']:,}</h2>")
        for flip in shown:
            cells = flip_cells(flip)
            texts = [("prompt", flip["prompt"]), ("completion", flip["completion"])]
            told = [*zip(FLIP_COLUMNS[2:], cells[2:], strict=True), *texts]
            rows = "".join(f"<tr><th>{_safe(name)}</th><td>{_safe(text)}</td></tr>" for name, text in told)
            parts.append(
                f"<details><summary>{_safe(cells[1])}: {_safe(cells[0])}</summary><table>{rows}</table></details>"
            )
    body = "\n".join(parts)
    if not whole:
        return f'<div class="rewardkit-diff">{body}</div>'
    return _PAGE.replace("{title}", _safe(f"{figures['old']} and {figures['new']}")).replace("{body}", body)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>rewardkit diff: {title}</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top; }
td { overflow-wrap: anywhere; }
tr + tr > * { border-top: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
summary { cursor: pointer; padding: .2rem 0; }
details > table { margin: 0 0 1rem 1rem; }
</style>
</head>
<body>
{body}
</body>
</html>
"""


def number(value: float | None) -> str:
    """A number in three decimals at most, `–` for none."""
    return "–" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def share(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:.2f}".rstrip("0").rstrip(".") + " %"


def _score(name: str, one: Figures) -> Cells:
    return (
        name,
        f"{one['both']:,}",
        number(one["mean_old"]),
        number(one["mean_new"]),
        _interval(one["welch"]),
        _interval(one["paired"], difference=False),
        f"{one['changed']:,}",
        f"{one['lost']:,}" if "lost" in one else "",
        f"{one['gained']:,}" if "gained" in one else "",
        number(one["kappa"]) if "kappa" in one else "",
        number(one["rank_correlation"]),
    )


def _interval(interval: Figures | None, *, difference: bool = True) -> str:
    if interval is None:
        return "–"
    bounds = f"[{number(interval['low'])}, {number(interval['high'])}]"
    return f"{number(interval['difference'])} {bounds}" if difference else bounds


def _only(figures: Figures) -> list[str]:
    return [
        f"Only in {figures[side]}: {', '.join(figures[f'only_{side}'])}."
        for side in ("old", "new")
        if figures[f"only_{side}"]
    ]


def _costs(cost: Figures) -> list[Cells]:
    rows: list[Cells] = [("seconds", *(number(cost[side]["seconds"]) for side in ("old", "new")))]
    names = dict.fromkeys(
        (alias, name) for side in ("old", "new") for alias, spent in cost[side]["spent"].items() for name in spent
    )
    for alias, name in names:
        amounts = [cost[side]["spent"].get(alias, {}).get(name) for side in ("old", "new")]
        rows.append((f"{alias}: {name.replace('_', ' ')}", *("–" if one is None else f"{one:,.6g}" for one in amounts)))
    return rows


def _markdown_table(columns: Cells, rows: Iterable[Cells]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_escaped(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """A text in which Markdown finds no markup, link or HTML."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#" else char for char in one_line(text))


def _html_table(columns: Cells, rows: Iterable[Cells]) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _safe(text: str) -> str:
    return escaping.escape(one_line(text))
