"""A run in parts: files are cut, parts are judged by whoever is free, and their lines are joined in order.

    files ── borders ──▶ Part ──▶ judge, in a thread for each part on its way ──▶ PartResult
                                                                                      │ in order
    output ◀── append ── the lines of the part ◀──────────────────────────────────────┘

The parent reads the input only to count its lines, and copies bytes. A few parts are on their way at any time, so its
memory is bounded whatever the length of the files.
"""

import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from rewardkit.adjacent_groups import came_back
from rewardkit.errors import ConfigError, InputError
from rewardkit.input.json_rows import rows_of_lines
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.output.output_row import block_of
from rewardkit.output.writers import PARTS_ENDING, FileOutput, Output
from rewardkit.shards.borders import GroupsOf, Span, is_parquet, line_spans, row_group_spans
from rewardkit.shards.part import Part, PartResult, PartSettings, Written
from rewardkit.shards.part_rows import first_rows, reader_of, rows_of

PARTS_AHEAD = 3
"""Parts on their way for each process: what bounds the memory and the disk that a run takes."""
ROW_GROUPS_FACTOR = 8
"""A part of a Parquet file is so many times as large: starting to unpack one takes a fifth of a second."""


class Planned(NamedTuple):
    """A part that is to be judged."""

    part: Part
    size: int
    """Bytes of it in the input."""


def parts_of(
    files: Sequence[str], settings: PartSettings, part_bytes: int, folder: Path, *, whole_groups: bool
) -> Iterator[Planned]:
    """The parts of all files in order.

    part_bytes    about the size of a part
    folder        where parts collect their lines
    whole_groups  the run looks at whole groups, which are never cut
    raises        InputError for a file that cannot be read
    """
    number = 0
    for source in files:
        path = str(Path(source).absolute())
        try:
            parquet = is_parquet(path)
            spans: Iterator[Span]
            if parquet:
                spans = row_group_spans(path, part_bytes * ROW_GROUPS_FACTOR)
            else:
                spans = line_spans(path, part_bytes, _groups_of(path, source, settings) if whole_groups else None)
            for span in spans:
                kind: Literal["lines", "row_groups"] = "row_groups" if parquet else "lines"
                target = str(folder / f"{number:08}")
                yield Planned(Part(number, source, path, kind, span.start, span.end, span.first, target), span.size)
                number += 1
        except OSError as error:
            raise InputError(f"{source}: cannot be read: {error.strerror or error}") from error


def _groups_of(path: str, source: str, settings: PartSettings) -> GroupsOf | None:
    """The question for the groups of a line of a file; None for a file without rows."""
    row_reader = None
    reader = settings.reader()
    for row in first_rows(path, source):
        row_reader = reader.reader(row)
    if row_reader is None:
        return None

    def groups_of(line: bytes) -> tuple[str | None, str | None]:
        for row in rows_of_lines(iter([(0, line)]), source):
            rows = row_reader.split(row)
            return row_reader.sample(rows[0]).group_key, row_reader.sample(rows[-1]).group_key
        return None, None

    return groups_of


def with_written(parts: Iterable[Planned], lines: Path, settings: PartSettings) -> Iterator[Planned]:
    """The parts, told which of their lines a stopped run has written.

    lines   the file of those lines
    raises  ConfigError where the lines are not those of the input's rows
    """
    left = lines.stat().st_size
    at = number = 0
    with lines.open("rb") as file:
        for planned in parts:
            if at >= left:
                yield planned
                continue
            start = at
            for row in reader_of(settings, planned.part).rows(rows_of(planned.part)):
                if at >= left:
                    break
                line = file.readline()
                number += 1
                if block_of(row, line) is None:
                    raise _changed(lines, number, f"{row.where} is another row")
                at += len(line)
            yield planned._replace(part=replace(planned.part, written=Written(str(lines), start, at)))
    if at < left:
        raise _changed(lines, number + 1, "the input ends before it")


def _changed(lines: Path, number: int, found: str) -> ConfigError:
    return ConfigError(
        f"--resume: {lines}, line {number}: {found}; the input has changed since: remove that file to start again"
    )


def judged_in_order(
    parts: Iterable[Planned],
    judge: Callable[[Part], PartResult],
    processes: int,
    output: Output | None,
    stop: Callable[[], None],
) -> Generator[tuple[PartResult, int]]:
    """The results of parts in order, each when its lines stand in the output, with the part's bytes in the input.

    judge   judges one part; it is called from several threads
    stop    makes every call of `judge` return or raise: called when the run ends by an error
    raises  what `judge` raises; OutputError; InputError for a group that comes back in another part
    """
    threads = ThreadPoolExecutor(processes * PARTS_AHEAD, "rewardkit-part")
    ahead: deque[tuple[Planned, Future[PartResult]]] = deque()
    groups: set[bytes] = set()

    def joined() -> tuple[PartResult, int]:
        planned, future = ahead.popleft()
        result = future.result()
        for digest, key in result.groups.items():
            if digest in groups:
                raise came_back(key)
            groups.add(digest)
        lines = Path(planned.part.target)
        if output is not None:
            output.append(lines)
        lines.unlink(missing_ok=True)
        return result, planned.size

    try:
        for planned in parts:
            ahead.append((planned, threads.submit(judge, planned.part)))
            if len(ahead) >= processes * PARTS_AHEAD:
                yield joined()
        while ahead:
            yield joined()
    except BaseException:
        threads.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    finally:
        threads.shutdown()


@contextlib.contextmanager
def parts_folder(output: Output | None) -> Iterator[Path]:
    """The folder in which parts collect their lines: beside a file, so that they are on the disk that was chosen."""
    if not isinstance(output, FileOutput):
        with tempfile.TemporaryDirectory(prefix="rewardkit-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    folder = output.partial.with_suffix(PARTS_ENDING)
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed, under the same lock
    try:
        with os_errors_as_output_errors(folder):
            folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
