"""`rewardkit score`: rows in, judged rows out, and a summary."""

import hashlib
import itertools
import math
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib import metadata, resources
from pathlib import Path
from typing import Any, NamedTuple

from rewardkit.codec import from_block, to_block
from rewardkit.commands import console
from rewardkit.errors import ConfigError
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.output.summary import Summary
from rewardkit.output.writers import FileOutput, Output, open_output
from rewardkit.pipeline import Scorer, adjacent_groups
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.workers.worker import freeze_gc

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
    written: bool = False
    """Whether the run that is resumed has written it already."""


def run(options: Options, *, as_json: bool, fail_under: float | None) -> int:
    """Judges the files; returns the exit code."""
    if options.output == "-" and as_json:
        raise ConfigError("--json and -o - both want standard output; name a file with -o")
    if options.resume and options.output is None:
        raise ConfigError("--resume: which run? name its output with -o")
    rubric = load_rubric(options.rubric, options.sandbox)
    if options.rubric is None:
        console.note("no rubric was named: judging by the default one, math or code, format, language")
    target = options.output or (None if as_json or sys.stdout.isatty() else "-")
    summary = Summary(weights_at(rubric, options.progress))
    shown = _score(options, rubric, target, summary)
    if as_json:
        console.json(summary.as_dict())
    else:
        console.summary(summary.as_dict(), shown, to_stderr=target == "-")
        if target is None:
            console.note("nothing was saved: add `-o scored.jsonl` to keep the judged rows")
    if fail_under is not None and (summary.mean is None or summary.mean < fail_under):
        console.note(f"--fail-under {fail_under:g}: the mean reward is {console.number(summary.mean)}")
        return 1
    return 0


def _score(options: Options, rubric: Rubric, target: str | None, summary: Summary) -> list[tuple[str, Result]]:
    """Judges the rows into `target` and `summary`; returns the first results where there is no target."""
    shown: list[tuple[str, Result]] = []
    output: Output | None = None
    try:
        with ExitStack() as stack:
            rows = _rows(options)  # its first row is read before any worker starts: most bad input shows here
            scorer = stack.enter_context(Scorer(rubric, workers=options.workers, plugins=options.plugins, timings=True))
            if target:  # only now: a run that is itself wrong leaves what a killed one has written
                output = stack.enter_context(
                    open_output(target, key=_key(options, scorer), resume=options.resume, inputs=options.files)
                )
            tick = stack.enter_context(console.progress())
            freeze_gc()
            for judged in _judged_rows(scorer, rows, output, options):
                if output is None and len(shown) < SHOWN_ROWS:
                    shown.append((judged.row.where, judged.result))
                if output is not None and not judged.written:
                    output.write(judged.row, judged.block)
                summary.add(judged.row, judged.group_key, judged.result)
                tick()
    except BaseException:
        if isinstance(output, FileOutput) and output.partial.exists():
            console.note("what was judged so far is kept: the same command with --resume goes on from there")
        raise
    return shown


def load_rubric(path: Path | None, sandbox: str | None) -> Rubric:
    """The rubric that the command line names, the default one where it names none."""
    if path is None:
        with resources.as_file(resources.files("rewardkit.rubrics") / "default.yaml") as default:
            rubric = Rubric.load(default)
    else:
        rubric = Rubric.load(path)
    return rubric if sandbox is None else rubric.model_copy(update={"sandbox": sandbox})


def places_of(arguments: Sequence[str]) -> dict[str, str]:
    """`--map FIELD=COLUMN` as a mapping."""
    for argument in arguments:
        if "=" not in argument.strip("="):
            raise ConfigError(f"--map {argument}: write FIELD=COLUMN, such as ground_truth=answer")
    places: dict[str, str] = {}
    for field, _, column in (argument.partition("=") for argument in arguments):
        if field in places:
            raise ConfigError(
                f"--map {field}=…: is there twice, with {places[field]!r} and {column!r}; name one column"
            )
        places[field] = column
    return places


def _rows(options: Options) -> Iterator[Row]:
    rows = itertools.islice(itertools.chain.from_iterable(map(read_rows, options.files)), options.limit)
    return itertools.chain(list(itertools.islice(rows, 1)), rows)


def _key(options: Options, scorer: Scorer) -> str:
    """All that decides the output besides the input rows: a run is resumed only under the same.

    Not covered: modules that a plugin file imports, and the versions of what a reward stands on.
    """
    said = options._replace(files=(), output=None, workers=None, resume=False, rubric=None)
    rewards = [(step.installed.qualified_name, step.installed.version) for step in scorer.steps]
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in options.plugins]
    return repr((metadata.version("rewardkit"), rewards, files, scorer.rubric, said))


def _judged_rows(scorer: Scorer, rows: Iterator[Row], output: Output | None, options: Options) -> Iterator[JudgedRow]:
    """All rows in order: those that a resumed run has written, then the others as they are judged.

    Where rewards or advantages look at whole groups, the last group of a resumed run may have been cut in the middle:
    it is judged again, and only what was not written of it is new.
    """
    reader = InputReader(places_of(options.places), options.shape)
    rows = reader.rows(rows)
    whole_groups = scorer.sees_groups or options.advantages is not None
    last_group: list[JudgedRow] = []
    for row, block in output.resumed(rows) if output else ():
        judged = JudgedRow(row, reader.sample(row).group_key, from_block(block), block, written=True)
        if last_group and (judged.group_key is None or judged.group_key != last_group[-1].group_key):
            yield from last_group
            last_group = []
        last_group.append(judged)
        if not whole_groups:
            yield last_group.pop()
    again = [judged.row for judged in last_group]
    fresh = _judged(scorer, itertools.chain(again, rows), reader, options)
    if options.advantages:
        fresh = _with_advantages(fresh, options.advantages)
    for _, judged in zip(again, fresh, strict=False):
        yield judged._replace(written=True)
    yield from fresh


def _judged(scorer: Scorer, rows: Iterator[Row], reader: InputReader, options: Options) -> Iterator[JudgedRow]:
    """Rows with their results."""
    waiting: deque[tuple[Row, str | None]] = deque()

    def samples() -> Iterator[Sample]:
        for row in rows:
            sample = reader.sample(row)
            waiting.append((row, sample.group_key))
            yield sample
        reader.check()

    for result in scorer.stream(samples(), progress=options.progress):
        yield JudgedRow(*waiting.popleft(), result, to_block(result, timings=options.timings))


def _with_advantages(judged: Iterator[JudgedRow], estimator: str) -> Iterator[JudgedRow]:
    """Each row with its advantage in its group in the block; None where it has no reward, or the estimator drops it."""
    from rewardkit import advantages  # noqa: PLC0415 - numpy, for those who ask for it

    known = sorted(advantages.ESTIMATORS.keys() - advantages.OVER_BATCH)
    if estimator not in known:
        batch = " needs the whole batch of a training step;" if estimator in advantages.OVER_BATCH else ""
        raise ConfigError(f"--advantages {estimator}:{batch} known for files: {', '.join(known)}")
    for group in adjacent_groups(judged, lambda row: row.group_key):
        values = advantages.ESTIMATORS[estimator]([row.result.reward for row in group], [0] * len(group))
        for row, value in zip(group, values.tolist(), strict=True):
            advantage = None if row.result.reward is None or math.isnan(value) else value
            yield row._replace(block={**row.block, "advantage": advantage})
