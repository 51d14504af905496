"""`rewardkit explain`: single rows, and how each got its reward."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rewardkit.codec import to_block
from rewardkit.commands import console, plain
from rewardkit.commands.explanation import print_explanation
from rewardkit.commands.judging import Judging, load_rubric, open_scorer
from rewardkit.commands.options import ExplainOptions
from rewardkit.commands.rows import ID_COLUMNS, row_id
from rewardkit.commands.where import condition
from rewardkit.errors import ConfigError, InputError
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.sample import Sample
from rewardkit.score import Result, Status

Found = tuple[Row, Sample, Result]


def run(options: ExplainOptions) -> None:
    """Judges the rows that the options name and shows each step; messages name a row by the same number."""
    console.set_up_logging(quiet=options.quiet, verbose=options.verbose)
    by_number, by_result = bool(options.row or options.id), bool(options.where or options.status)
    if by_number and by_result:
        raise ConfigError("--row and --id name rows, --where and --status look for them; use one or the other")
    wanted = _wanted(options)
    rubric = load_rubric(options.rubric, options)
    reader = InputReader(options.mapping, options.format)
    rows = read_rows(options.file) if by_result else _named_rows(options)
    rows = itertools.chain(list(itertools.islice(rows, 1)), rows)  # bad input shows before a worker starts
    shown = 0
    with open_scorer(rubric, options, workers=None if by_result else 1) as scorer:
        found = (item for item in _judged(rows, scorer, reader, options.progress) if wanted(item))
        limit = options.first if by_result else None
        for row, sample, result in itertools.islice(found, limit):
            if shown:
                plain.write("\n")
            name = reader.reader(row).name
            print_explanation(
                row.where,
                name,
                sample.in_format(rubric.reasoning),
                rubric,
                result,
                full=options.full,
                redact=options.redact,
            )
            shown += 1
        if by_result and not shown:
            raise InputError(f"{options.file}: no row for which {options.where or f'--status {options.status}'} holds")
        if limit is not None and next(found, None) is not None:
            console.note(f"there are more such rows; --first {2 * limit} shows more of them")


def _named_rows(options: ExplainOptions) -> Iterator[Row]:
    """The rows that --row and --id name, in the order of the file; the first row if neither is given."""
    numbers = set(options.row) or (set() if options.id else {1})
    ids = set(options.id)
    before: Row | None = None
    blank: dict[int, int] = {}
    for row in read_rows(options.file):
        if not numbers and not ids:
            break
        blank |= {number: row.line for number in numbers if (before.line if before else 0) < number < row.line}
        before = row
        name = row_id(row)
        if row.line in numbers or name in ids:
            numbers.discard(row.line)
            ids.discard(name or "")
            yield row
    first = "the file has no rows" if before is None else f"the last row is {before.line}"
    if options.row == [] and not options.id and before is None:
        raise InputError(f"{options.file}: {first}")
    for number in sorted(numbers):
        if number in blank:
            raise InputError(f"{options.file}: --row {number}: that line is blank; the next row is {blank[number]}")
        raise InputError(f"{options.file}: --row {number}: {first}")
    for name in sorted(ids):
        raise InputError(f"{options.file}: --id {name}: no row has it in {', '.join(ID_COLUMNS)}")


def _wanted(options: ExplainOptions) -> Callable[[Found], Any]:
    """Which judged rows are shown: all that were named, or those for which --where and --status hold."""
    holds = condition(options.where) if options.where else None
    if options.status and options.status not in Status.__args__:  # type: ignore[attr-defined]  # a Literal
        raise ConfigError(f"--status {options.status}: write scored, abstained or failed")

    def wanted(found: Found) -> Any:
        row, _, result = found
        if options.status and not any(score.status == options.status for score in result.scores.values()):
            return False
        return holds is None or holds({**to_block(result), **_advantage(row)}, row.data)

    return wanted


def _advantage(row: Row) -> dict[str, Any]:
    """The advantage that an earlier run wrote: judging anew does not compute it."""
    block = row.data.get(BLOCK)
    return {"advantage": block["advantage"]} if isinstance(block, dict) and "advantage" in block else {}


def _judged(rows: Iterable[Row], scorer: Judging, reader: InputReader, progress: float) -> Iterator[Found]:
    waiting: deque[tuple[Row, Sample]] = deque()

    def samples() -> Iterator[Sample]:
        for row in reader.rows(rows):
            sample = reader.sample(row)
            waiting.append((row, sample))
            yield sample

    for result in scorer.stream(samples(), progress=progress):
        yield *waiting.popleft(), result
