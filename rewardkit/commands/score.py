"""`rewardkit score`: rows in, judged rows out, and a summary."""

import itertools
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib import metadata, resources
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from rewardkit.commands import show
from rewardkit.compose import weights_at
from rewardkit.errors import ConfigError
from rewardkit.pipeline import Scorer
from rewardkit.readers import Row, read_rows
from rewardkit.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.shapes import Shape, detect
from rewardkit.summary import Summary
from rewardkit.writers import open_output

SHOWN_ROWS = 5
"""Judged rows that are shown on a terminal when there is no output."""


class Options(NamedTuple):
    """What the command line says of a run."""

    files: Sequence[str]
    rubric: Path | None
    output: str | None
    plugins: Sequence[Path]
    places: Sequence[str]
    shape: str | None
    limit: int | None
    workers: int | None
    resume: bool
    timings: bool
    advantages: str | None
    sandbox: str | None
    progress: float


class JudgedRow(NamedTuple):
    """A row of the input with what was made of it."""

    row: Row
    group_key: str | None
    result: Result
    block: Mapping[str, Any]


def run(options: Options, *, as_json: bool, fail_under: float | None) -> int:
    """Judges the files; returns the exit code."""
    rubric = load_rubric(options.rubric, options.sandbox)
    if options.rubric is None:
        show.note("no rubric was named: judging by the default one (see `rewardkit score --help`)")
    if options.output == "-" and as_json:
        raise ConfigError("--json and -o - both want standard output; name a file with -o")
    if options.resume and options.output is None:
        raise ConfigError("--resume: which run? name its output with -o")
    target = options.output or (None if as_json or sys.stdout.isatty() else "-")
    summary = Summary(weights_at(rubric, options.progress))
    shown: list[JudgedRow] = []
    with ExitStack() as stack:
        rows = _rows(options)
        first = next(rows, None)
        rows = rows if first is None else itertools.chain([first], rows)
        places = places_of(options.places)
        scorer = stack.enter_context(Scorer(rubric, workers=options.workers, plugins=options.plugins, timings=True))
        output = (
            stack.enter_context(open_output(target, key=_key(options, rubric), resume=options.resume))
            if target
            else None
        )
        tick = stack.enter_context(show.progress())
        shapes = _Shapes(places, options.shape)
        for row, block in output.resumed(rows) if output else ():
            summary.add(row.where, shapes.sample(row).group_key, Result.from_block(block))
            tick()
        judged = _judged(scorer, rows, shapes, options)
        if options.advantages:
            judged = _with_advantages(judged, options.advantages)
        for judged_row in judged:
            if output:
                output.write(judged_row.row, judged_row.block)
            elif len(shown) < SHOWN_ROWS:
                shown.append(judged_row)
            summary.add(judged_row.row.where, judged_row.group_key, judged_row.result)
            tick()
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(summary.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        show.summary(summary.as_dict(), [(j.row.where, j.result) for j in shown], to_stderr=target == "-")
        if target is None:
            show.note("nothing was saved: add `-o scored.jsonl` to keep the judged rows")
    if fail_under is not None and (summary.mean is None or summary.mean < fail_under):
        show.note(f"--fail-under {fail_under:g}: the mean reward is {show.number(summary.mean)}")
        return 1
    return 0


def load_rubric(path: Path | None, sandbox: str | None) -> Rubric:
    """The rubric that the command line names, the default one where it names none."""
    if path is None:
        with resources.as_file(resources.files("rewardkit") / "default.yaml") as default:
            rubric = Rubric.load(default)
    else:
        rubric = Rubric.load(path)
    return rubric if sandbox is None else rubric.model_copy(update={"sandbox": sandbox})


def places_of(arguments: Sequence[str]) -> dict[str, str]:
    """`--map FIELD=COLUMN` as a mapping."""
    for argument in arguments:
        if "=" not in argument.strip("="):
            raise ConfigError(f"--map {argument}: write FIELD=COLUMN, such as ground_truth=answer")
    return {field: column for field, _, column in (argument.partition("=") for argument in arguments)}


class _Shapes:
    """The shape of each file, found at its first row."""

    def __init__(self, places: Mapping[str, str], name: str | None) -> None:
        self._places = places
        self._name = name
        self._by_source: dict[str, Shape] = {}

    def sample(self, row: Row) -> Sample:
        shape = self._by_source.get(row.source)
        if shape is None:
            shape = self._by_source[row.source] = detect(row, self._places, self._name)
        return shape.sample(row)


def _rows(options: Options) -> Iterator[Row]:
    rows = itertools.chain.from_iterable(read_rows(file) for file in options.files)
    return itertools.islice(rows, options.limit)


def _key(options: Options, rubric: Rubric) -> str:
    """All that decides the output besides the input rows: a run is resumed only under the same."""
    said = options._replace(files=(), output=None, workers=None, resume=False, rubric=None)
    return f"{metadata.version('rewardkit')} {rubric.model_dump_json()} {said}"


def _judged(scorer: Scorer, rows: Iterator[Row], shapes: _Shapes, options: Options) -> Iterator[JudgedRow]:
    """The rows with their results, in order."""
    waiting: deque[tuple[Row, str | None]] = deque()

    def samples() -> Iterator[Sample]:
        for row in rows:
            sample = shapes.sample(row)
            waiting.append((row, sample.group_key))
            yield sample

    for result in scorer.stream(samples(), progress=options.progress):
        block = (result if options.timings else result.model_copy(update={"elapsed_ms": {}})).as_block()
        yield JudgedRow(*waiting.popleft(), result, block)


def _with_advantages(judged: Iterator[JudgedRow], estimator: str) -> Iterator[JudgedRow]:
    raise ConfigError(f"--advantages {estimator}: not yet")
    yield from judged
