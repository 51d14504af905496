"""Decontamination: prompts that share eight words in a row with a prompt of a benchmark.

The rule of Open-R1's scripts/decontaminate.py, after GPT-3 (arXiv:2005.14165, appendix C, with 13 words): lower case,
no punctuation. A prompt of fewer than eight words is compared whole. Runs that stand in a tenth of a benchmark's
prompts, and in ten at least, are its instruction and not its content: they do not count.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rewardkit.dotted_path import value_at
from rewardkit.errors import InputError
from rewardkit.input import coercion
from rewardkit.input.columns_found import ColumnsFound
from rewardkit.input.files import read_rows
from rewardkit.input.row import Row
from rewardkit.input.row_format import find_path
from rewardkit.judgements.digest import digest
from rewardkit.message import canonical_role
from rewardkit.selection.text import runs, words

RUN_WORDS = 8
INSTRUCTION_SHARE = 0.1
INSTRUCTION_PROMPTS = 10

_PATHS = ("prompt", "question", "problem", "input", "instruction", "query", "turns", "messages", "text", "doc.problem")


class Benchmarks:
    """The runs of words of some benchmarks, and where each stands."""

    def __init__(self, files: Iterable[str]) -> None:
        """Reads the prompts.

        files    of any format that is read; the prompt stands in a column with a known name
        raises   InputError for a file that cannot be read, without rows, or without a known column
        """
        self._where: list[str] = []
        self._runs: dict[int, int] = {}
        for file in files:
            self._add(file)

    def _add(self, file: str) -> None:
        counted: Counter[int] = Counter()
        first: dict[int, int] = {}
        prompts = 0
        for row in read_rows(file):
            prompts += 1
            self._where.append(row.where)
            keys = _keys(benchmark_prompt(row))
            counted.update(keys)
            for key in keys:
                first.setdefault(key, len(self._where) - 1)
        if not prompts:
            raise InputError(f"{file}: no rows to decontaminate against")
        limit = max(INSTRUCTION_PROMPTS, INSTRUCTION_SHARE * prompts)
        self._runs |= {key: at for key, at in first.items() if counted[key] < limit}

    def find(self, prompt: str) -> int | None:
        """The number of the first benchmark prompt that shares a run with this one; None for none."""
        return next((self._runs[key] for key in _keys(prompt) if key in self._runs), None)

    def where(self, number: int) -> str:
        """The file and the line of a benchmark prompt."""
        return self._where[number]


def benchmark_prompt(row: Row) -> str:
    """The prompt of a benchmark's row, which holds no completion.

    raises  InputError where no column is known to hold it
    """
    path = next((found for name in _PATHS if (found := find_path(row.data, name)) is not None), None)
    if path is None:
        raise InputError(
            f"{row.where}: no column is known to hold the prompt ({', '.join(_PATHS[:6])}); columns found: "
            f"{ColumnsFound([row.data])}; rename the one that does"
        )
    return _text(value_at(row.data, (path,) if path in row.data else path))


def _text(value: Any) -> str:
    value = coercion.plain(value)
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    if isinstance(value, Mapping):
        if canonical_role(str(value.get("role", value.get("from", "")))) == "assistant":
            return ""
        return _text(value.get("content", value.get("value", "")))
    return str(value)


def _keys(prompt: str) -> list[int]:
    """The distinct runs of a prompt, as numbers; those of a short prompt are told from runs in a long one."""
    found = words(prompt)
    if len(found) < RUN_WORDS:
        return [digest("short", *found)] if found else []
    return list(dict.fromkeys(runs(found, RUN_WORDS).tolist()))
