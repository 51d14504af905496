"""Judging a part: its rows in, its output lines into a file, and its figures.

    rows ─▶ units (a row, or all rows of a group) ─▶ ask ─▶ Results ─▶ lines ─▶ Part.target
                                                        └─▶ PartResult

Who judges is the caller's affair: `ask` may be a Judge in this process, or a whole pool of workers. Nothing but the
file is remembered between two attempts. An attempt that was killed has left complete lines in `Part.target`; the next
one finds them there, takes their judgements as they are, and goes on behind them.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from rewardkit.adjacent_groups import adjacent_groups, group_digest
from rewardkit.codec import from_block, to_block
from rewardkit.errors import ConfigError
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.output.output_row import block_of, line_of
from rewardkit.output.partial_file import cut_torn_line
from rewardkit.output.row_advantages import group_advantages
from rewardkit.output.summary import Summary
from rewardkit.reasoning.split import AUTO
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.conditions import ConditionWatch
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.shards.part import Part, PartResult, PartSettings
from rewardkit.shards.part_rows import reader_of, rows_of

Ask = Callable[[int, Sequence[Sequence[Sample]]], Iterable[Sequence[Result]]]
"""Judges units, of which the first has this index in the part: the results of each, in order."""

CHUNK_ROWS = 64
CHUNK_BYTES = 1 << 18
"""Rows are read in chunks of so many rows or bytes, whichever is reached first: what is read is held."""
FLUSH_S = 0.02
"""Lines wait at most this long, so that little is judged again when a row kills the process."""
SHOWN_ROWS = 5
"""Results that are shown on a terminal if there is no output."""
KEY_CHARACTERS = 80
"""Characters of a group's key that a message shows."""


_Item = tuple[Row, Sample]
_Unit = list[_Item]
"""A row, or all rows of a group, with their samples."""


def no_pause() -> None:
    """Does nothing where nobody watches."""


def judge_part(
    rubric: Rubric,
    steps: Sequence[Step],
    settings: PartSettings,
    part: Part,
    ask: Ask,
    *,
    pause: Callable[[], None] = no_pause,
    last: int | None = None,
) -> PartResult | None:
    """Judges a part and writes its lines.

    steps   the rewards of the rubric, found
    ask     who judges
    pause   called before files are read or written, which no reward is to be charged with
    last    index of the unit to stop behind, all else is left for another attempt; None: judge the whole part
    returns the result of the whole part; None where it stopped early
    raises  InputError, OutputError; ConfigError where lines that were written before are not those of these rows
    """
    return _PartRun(rubric, steps, settings, part, pause).judge(ask, last)


class _PartRun:
    """One attempt at a part."""

    def __init__(
        self,
        rubric: Rubric,
        steps: Sequence[Step],
        settings: PartSettings,
        part: Part,
        pause: Callable[[], None],
    ) -> None:
        self._rubric = rubric
        self._settings = settings
        self._part = part
        self._pause = pause
        weights = weights_at(rubric, settings.progress)
        readers = {step.alias for step in steps if "ground_truth" in step.installed.reward.reads}
        self._summary = Summary(weights, readers, of_part=True)
        self._conditions = ConditionWatch(rubric)
        self._whole_groups = settings.advantages is not None or any(step.sees == "group" for step in steps)
        self._groups: dict[bytes, str] = {}
        self._shown: list[tuple[str, Result]] = []

    def judge(self, ask: Ask, last: int | None) -> PartResult | None:
        self._pause()
        part = self._part
        reader = reader_of(self._settings, part)
        with os_errors_as_output_errors(self._settings.output), Path(part.target).open("ab+") as target:
            cut_torn_line(target)
            known = _lines_before(part)
            index = 0
            for units in _chunks(self._units(reader)):
                fresh, begun = self._without_known(units, known)
                first = index + len(units) - len(fresh)
                index += len(units)
                if last is not None:
                    fresh = fresh[: max(0, last + 1 - first)]
                self._judge(ask, first, fresh, begun, target)
                if last is not None and index > last:
                    return None
            if next(known, None) is not None:
                raise self._changed("the input ends before its lines do")
        return PartResult(
            part.number,
            self._summary.rows,
            self._summary,
            self._conditions,
            reader.facts,
            self._groups,
            tuple(self._shown),
        )

    def _units(self, reader: InputReader) -> Iterator[_Unit]:
        """The rows with their samples, each alone or with all of its group."""
        wanted = self._rubric.reasoning
        items = reader.samples(rows_of(self._part))
        if wanted != AUTO:
            items = ((row, sample.in_format(wanted)) for row, sample in items)
        if not self._whole_groups:
            yield from ([item] for item in items)
            return
        for unit in adjacent_groups(items, lambda item: item[1].group_key):
            key = unit[0][1].group_key
            if key is not None:
                self._groups[group_digest(key)] = key[:KEY_CHARACTERS]
            yield unit

    def _without_known(self, units: list[_Unit], known: Iterator[bytes]) -> tuple[list[_Unit], int]:
        """The units that need judging, and how many lines of the first of them are written already."""
        for number, unit in enumerate(units):
            blocks = []
            for (row, _), line in zip(unit, islice(known, len(unit)), strict=False):
                block = block_of(row, line)
                if block is None:
                    raise self._changed(f"{row.where} is another row")
                blocks.append(block)
            if len(blocks) < len(unit):
                return units[number:], len(blocks)
            for item, block in zip(unit, blocks, strict=True):
                self._count(item, from_block(block))
        return [], 0

    def _judge(self, ask: Ask, first: int, units: list[_Unit], begun: int, target: BinaryIO) -> None:
        """Judges units and writes their lines, but for the first `begun` of them."""
        if not units:
            return
        done: list[tuple[_Unit, Sequence[Result]]] = []
        flushed = monotonic()
        for unit, results in zip(units, ask(first, [[sample for _, sample in unit] for unit in units]), strict=True):
            done.append((unit, results))
            if monotonic() - flushed > FLUSH_S:
                self._write(done, begun, target)
                done, begun, flushed = [], 0, monotonic()
        self._write(done, begun, target)

    def _write(self, done: list[tuple[_Unit, Sequence[Result]]], begun: int, target: BinaryIO) -> None:
        """Writes the lines of judged units, but for the first `begun` of them, and counts their results."""
        self._pause()
        lines = [line for unit, results in done for line in self._lines(unit, results)]
        target.write(b"".join(lines[begun:]))
        target.flush()
        for unit, results in done:
            for item, result in zip(unit, results, strict=True):
                self._count(item, result)

    def _lines(self, unit: _Unit, results: Sequence[Result]) -> list[bytes]:
        """The output lines of a unit."""
        blocks = [to_block(result, timings=self._settings.timings) for result in results]
        if self._settings.advantages is not None:
            values = group_advantages(self._settings.advantages, [result.reward for result in results])
            blocks = [block | {"advantage": value} for block, value in zip(blocks, values, strict=True)]
        return [line_of(row, block) for (row, _), block in zip(unit, blocks, strict=True)]

    def _count(self, item: _Item, result: Result) -> None:
        row, sample = item
        self._summary.add(row, sample.group_key, result)
        self._conditions.look(sample)
        if self._part.number == 0 and len(self._shown) < SHOWN_ROWS:
            self._shown.append((row.where, result))

    def _changed(self, found: str) -> ConfigError:
        return ConfigError(
            f"--resume: {self._part.source}: {found}; the input has changed since: remove the hidden file of "
            f"{self._settings.output} to start again"
        )


def _chunks(units: Iterator[_Unit]) -> Iterator[list[_Unit]]:
    """Units, some at a time."""
    chunk: list[_Unit] = []
    rows = size = 0
    for unit in units:
        chunk.append(unit)
        rows += len(unit)
        size += sum(len(row.raw) for row, _ in unit)
        if rows >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, rows, size = [], 0, 0
    if chunk:
        yield chunk


def _lines_before(part: Part) -> Iterator[bytes]:
    """The output lines of the first rows: of a run that was stopped, then of an earlier attempt at this part."""
    if part.written is not None:
        path, at, end = part.written
        with Path(path).open("rb") as file:
            file.seek(at)
            while at < end:
                line = file.readline()
                at += len(line)
                yield line
    with Path(part.target).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        at = 0
        while at < size:
            line = file.readline()
            at += len(line)
            yield line
