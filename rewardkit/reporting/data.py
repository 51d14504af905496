"""The data of a report: an index of numbers for all rows, which the page reads at once, and their texts in pieces.

A text is parsed when its row is looked at, or searched; so ten thousand long completions do not delay the first paint.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from rewardkit.reporting.judged import JudgedRow
from rewardkit.reporting.suspects import Suspects
from rewardkit.score import Score, is_paid

CHUNK = 100
"""Rows whose texts stand in one piece."""
TEXT_CHARACTERS = 40_000
"""A longer text is shown with its middle left out; the file has it whole."""
EXCERPT = 140
REASONS = 12
REASON_CHARACTERS = 160


class ReportData:
    """Collects rows into the data of a page."""

    def __init__(self) -> None:
        """An empty report."""
        self._files: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._rows: dict[str, list[Any]] = {name: [] for name in ("file", "line", "step", "group", "reward", "size")}
        self.values: dict[str, list[float | None]] = {}
        """By alias the value of each row."""
        self._ends: dict[str, list[int]] = {}
        self._times: dict[str, list[float | None]] = {}
        self._weights: dict[str, Any] = {}
        self._reasons: dict[tuple[str, str], Counter[str]] = {}
        self._excerpts: list[str] = []
        self._chunk: list[dict[str, Any]] = []
        self._suspects = Suspects()
        self.chunks: list[bytes] = []
        """The texts of the rows, as JSON, `CHUNK` rows in each."""
        self.count = 0

    @property
    def rewards(self) -> list[float | None]:
        """The composed reward of each row."""
        return self._rows["reward"]

    @property
    def steps(self) -> list[float | None]:
        """The step of training of each row."""
        return self._rows["step"]

    def add(self, row: JudgedRow) -> None:
        """Takes a row in."""
        sample, result = row.sample, row.result
        group = sample.group_key
        answer = sample.parts.answer or sample.completion_text
        columns = self._rows
        columns["file"].append(self._files.setdefault(row.file, len(self._files)))
        columns["line"].append(row.line)
        columns["step"].append(row.step)
        columns["group"].append(-1 if group is None else self._groups.setdefault(group, len(self._groups)))
        columns["reward"].append(result.reward)
        columns["size"].append(len(sample.completion_text))
        self._excerpts.append(" ".join(answer[-4 * EXCERPT :].split())[-EXCERPT:])
        for alias, score in result.scores.items():
            self._add_score(alias, score, result.elapsed_ms.get(alias))
            self._weights[alias] = result.weights[alias]
        self._suspects.add(self.count, row)
        self._chunk.append(_texts(row))
        self.count += 1
        for values in (*self.values.values(), *self._times.values()):
            values.extend([None] * (self.count - len(values)))
        for ends in self._ends.values():
            ends.extend([-1] * (self.count - len(ends)))
        if len(self._chunk) == CHUNK:
            self._close_chunk()

    def _add_score(self, alias: str, score: Score, elapsed_ms: float | None) -> None:
        """One score; columns that begin late are filled up to here."""
        self.values.setdefault(alias, [None] * self.count).append(score.value)
        self._times.setdefault(alias, [None] * self.count).append(elapsed_ms)
        self._ends.setdefault(alias, [-1] * self.count).append(self._kinds.setdefault(score.kind, len(self._kinds)))
        if score.reason:
            self._reasons.setdefault((alias, score.kind), Counter())[score.reason[:REASON_CHARACTERS]] += 1

    def _close_chunk(self) -> None:
        if self._chunk:
            self.chunks.append(inert(self._chunk))
            self._chunk = []

    def index(self, title: str) -> bytes:
        """The index as JSON; after the last row."""
        self._close_chunk()
        timed = {alias: values for alias, values in self._times.items() if any(value is not None for value in values)}
        return inert(
            {
                "title": title,
                "count": self.count,
                "chunk": CHUNK,
                "files": list(self._files),
                "groups": [group[:EXCERPT] for group in self._groups],
                "kinds": list(self._kinds),
                "rows": self._rows,
                "excerpts": self._excerpts,
                "values": self.values,
                "ends": self._ends,
                "times": timed,
                "weights": self._weights,
                "reasons": [
                    {"reward": alias, "kind": kind, "rows": sum(seen.values()), "first": seen.most_common(REASONS)}
                    for (alias, kind), seen in self._reasons.items()
                ],
                "suspects": self._suspects.found(),
            }
        )


def collected(rows: Iterable[JudgedRow]) -> ReportData:
    """The data of these rows."""
    data = ReportData()
    for row in rows:
        data.add(row)
    return data


def _texts(row: JudgedRow) -> dict[str, Any]:
    """All that the page shows of one row when it is looked at."""
    reasoning, answer = row.sample.parts
    truth = row.sample.ground_truth
    return {
        "prompt": _cut(row.sample.prompt_text),
        "reasoning": None if reasoning is None else _cut(reasoning),
        "answer": _cut(answer or ""),
        "truth": None if truth is None else _cut(truth if isinstance(truth, str) else _written(truth)),
        "advantage": row.advantage,
        "scores": {
            alias: {
                "value": score.value,
                "values": score.values,
                "status": score.status,
                "kind": score.kind,
                "reason": _cut(score.reason),
                "details": json.loads(_cut_details(score.details)),
                "weight": row.result.weights[alias],
                "paid": is_paid(row.result.weights[alias]),
            }
            for alias, score in row.result.scores.items()
        },
    }


def _cut(text: str) -> str:
    half = TEXT_CHARACTERS // 2
    if len(text) <= TEXT_CHARACTERS:
        return text
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"


def _written(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str)


def _cut_details(details: Mapping[str, Any]) -> str:
    text = json.dumps(details, default=str)
    return text if len(text) <= TEXT_CHARACTERS else json.dumps({"left out": f"{len(text):,} characters of details"})


def inert(value: Any) -> bytes:
    """JSON that an HTML page may hold in a script element: nothing in it ends the element, or begins a comment.

    Also without U+2028 and U+2029, which are ends of lines to older JavaScript, and with lone surrogates escaped.
    """
    try:
        text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, orjson.JSONEncodeError):
        text = json.dumps(value, default=str, separators=(",", ":")).encode()
    text = text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
    return text.replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")
