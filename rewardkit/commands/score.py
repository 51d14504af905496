"""`rewardkit score`: rows in, judged rows out, and a summary."""

import hashlib
import itertools
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from importlib import metadata
from typing import Any, NamedTuple

from rewardkit.adjacent_groups import adjacent_groups
from rewardkit.codec import from_block, to_block
from rewardkit.commands import console, estimate, repeat, score_parts
from rewardkit.commands.ground_truths import ROWS, checks_ground_truths, ground_truth_remarks
from rewardkit.commands.judging import Judging, load_rubric, open_scorer, plugin_files
from rewardkit.commands.options import ScoreOptions
from rewardkit.commands.progress import Meter, shown
from rewardkit.commands.provenance import Provenance
from rewardkit.commands.rows import row_count, rows_of, without_meta
from rewardkit.commands.summary_view import print_summary
from rewardkit.commands.unjudged import unjudged_report
from rewardkit.errors import ConfigError, RewardkitError
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.output.exports import Export
from rewardkit.output.row_advantages import check_estimator, group_advantages
from rewardkit.output.summary import Summary
from rewardkit.output.writers import FileOutput, Output, open_output
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.compose import weights_at
from rewardkit.rubrics.conditions import ConditionWatch
from rewardkit.rubrics.resolution import resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result
from rewardkit.shards.judge_part import SHOWN_ROWS
from rewardkit.workers.repeated import RepeatedEngine
from rewardkit.workers.worker import freeze_gc

_NOT_IN_KEY = {
    "files", "output", "workers", "shards", "engine", "address", "cache", "repeat", "resume", "rubric", "json", "quiet",
    "verbose", "debug", "pdb", "redact", "fail_under", "allow_unjudged", "trust", "dry_run",
}  # fmt: skip
"""Options that change nothing in the output."""


class JudgedRow(NamedTuple):
    """A row of the input with its judgement."""

    row: Row
    sample: Sample
    result: Result
    block: Mapping[str, Any]
    written: bool = False
    """True if the run that is resumed has written it already."""


class Run(NamedTuple):
    """A finished run: its figures, the first results if there was no output, and what it saw of the input."""

    summary: Summary
    shown: list[tuple[str, Result]]
    conditions: ConditionWatch
    reader: InputReader
    repeated: RepeatedEngine | None
    """The engine that judged every row several times, with --repeat."""


def run(options: ScoreOptions) -> int:
    """Judges the files; returns the exit code."""
    console.set_up_logging(quiet=options.quiet, verbose=options.verbose)
    if options.output == "-" and options.json:
        raise ConfigError("--json and -o - both want standard output; name a file with -o")
    if options.to and options.resume:
        raise ConfigError("--to: what is written for another tool cannot be resumed; leave out --resume")
    if options.resume and options.output is None:
        raise ConfigError("--resume: which run? name its output with -o")
    if options.cache is not None and options.repeat > 1:
        raise ConfigError("--cache judges nothing twice and --repeat does; use one or the other")
    options = replace(options, files=without_meta(options.files))
    rubric = load_rubric(options.rubric, options)
    if options.rubric is None:
        console.note("no rubric was named: judging by the default one (math or code, format, language)")
    if options.max_cost is not None:
        rubric = _with_max_cost(rubric, options)
    if options.dry_run:
        return estimate.run(options, rubric)
    target = options.output or (None if options.json or sys.stdout.isatty() else "-")
    done = _score(options, rubric, target)
    content = done.summary.as_dict()
    for sentence in done.conditions.warnings():
        console.warning(sentence)
    report = unjudged_report(content, done.reader, redact=options.redact)
    if report:
        console.warning(report)
    if done.repeated:
        content["repeat"] = repeat.as_dict(done.repeated)
        repeat.tell(done.repeated)
    if options.json:
        console.json(content)
    elif not (options.quiet and target == "-"):
        print_summary(
            content, done.shown, chosen=options.rubric is not None, redact=options.redact, to_stderr=target == "-"
        )
        if target is None:
            console.note("nothing was saved: add `-o scored.jsonl` to keep the judged rows")
    if content["unjudged"] and not (options.allow_unjudged and content["unjudged"] == "abstained"):
        return 3 if content["unjudged"] == "failed" else 1
    mean = done.summary.mean
    if options.fail_under is not None and (mean is None or mean < options.fail_under):
        console.warning(f"--fail-under {options.fail_under:g}: the mean reward is {console.number(mean)}")
        return 1
    return 0


def _with_max_cost(rubric: Rubric, options: ScoreOptions) -> Rubric:
    """The rubric with a limit for each reward that counts its cost. ConfigError where none does."""
    steps = resolve(rubric, load_registry(plugin_files(rubric, options.plugins)))
    counting = [step.alias for step in steps if "max_cost" in step.installed.reward.Params.model_fields]
    if not counting:
        raise ConfigError("--max-cost: no reward of this rubric counts its cost; judge_model does")
    limited = {
        alias: config.model_copy(update={"params": {**config.params, "max_cost": options.max_cost}})
        for alias, config in rubric.rewards.items()
        if alias in counting
    }
    return rubric.model_copy(update={"rewards": {**rubric.rewards, **limited}})


def _score(options: ScoreOptions, rubric: Rubric, target: str | None) -> Run:
    """Judges the rows into `target` and a summary."""
    output: Output | None = None
    try:
        with ExitStack() as stack:
            rows = rows_of(options.files, limit=options.limit, sample=options.sample, seed=options.seed)
            first = next(rows, None)  # read before any worker starts: most bad input shows here
            reader = InputReader(options.mapping, options.format)
            rows = reader.rows(itertools.chain([first] if first else [], rows))
            workers = score_parts.processes(options)
            scorer = stack.enter_context(
                open_scorer(rubric, options, workers, options.engine, options.cache, options.address)
            )
            repeated = repeat.repeated(scorer, options.repeat)
            _check_sample(options, scorer)
            if options.advantages:
                check_estimator(options.advantages)
            in_parts = first is not None and score_parts.in_parts(options, scorer, target)
            if checks_ground_truths(scorer.steps) and "-" not in options.files:
                rows = _with_remarks(rows, reader, scorer, options)
            export = None
            if options.to:
                export = stack.enter_context(Export(options.to, options.output, inputs=options.files))
            elif target:  # only now: a run that is itself wrong leaves what a killed one has written
                output = stack.enter_context(
                    open_output(target, key=_key(options, scorer), resume=options.resume, inputs=options.files)
                )
            provenance = Provenance(scorer, options.files)
            readers = {step.alias for step in scorer.steps if "ground_truth" in step.installed.reward.reads}
            summary = Summary(weights_at(rubric, options.progress), readers)
            done = Run(summary, [], ConditionWatch(rubric), reader, repeated)
            if isinstance(output, FileOutput):
                output.meta = lambda: provenance.as_dict(done.summary.as_dict())
            total = options.sample if options.sample is not None else row_count(options.files)
            meter = Meter(options.files, min(total, options.limit or total) if total is not None else None)
            stack.enter_context(shown(meter))
            freeze_gc()
            if in_parts:
                _judge_parts(options, scorer, output, done, meter)
            else:
                judged_rows = _judged_rows(scorer, rows, reader, output, options)
                _judge_rows(judged_rows, options, output, export, done, meter)
        console.note(meter.line(done=True))
    except BaseException:
        if isinstance(output, FileOutput) and output.partial.exists():
            console.note("what was judged so far is kept: the same command with --resume continues from there")
        raise
    return done


def _judge_rows(
    judged_rows: Iterator[JudgedRow],
    options: ScoreOptions,
    output: Output | None,
    export: Export | None,
    done: Run,
    meter: Meter,
) -> None:
    """Writes judged rows and takes in their figures."""
    for judged in judged_rows:
        if output is None and len(done.shown) < SHOWN_ROWS:
            done.shown.append((judged.row.where, judged.result))
        if export is not None:
            export.write(judged.row, judged.sample, judged.block)
        if output is not None and not judged.written:
            output.write(judged.row, judged.block)
        group = judged.sample.group_key if options.sample is None else None
        done.summary.add(judged.row, group, judged.result)
        done.conditions.look(judged.sample)
        meter.count(1, len(judged.row.raw) + 1)


def _judge_parts(options: ScoreOptions, scorer: Judging, output: Output | None, done: Run, meter: Meter) -> None:
    """Judges the files in parts; takes in the figures of each."""
    with score_parts.judged_parts(options, scorer, output) as parts:
        for part, size in parts:
            done.summary.merge(part.summary)
            done.conditions.merge(part.conditions)
            done.reader.merge(part.facts)
            meter.count(part.rows, size)
            if output is None:
                done.shown.extend(part.shown)
    done.reader.check()


def _with_remarks(rows: Iterator[Row], reader: InputReader, scorer: Judging, options: ScoreOptions) -> Iterator[Row]:
    """The same rows, after remarks on the ground truths of the first ones; a bad row still shows in its turn."""
    first: list[Row] = []
    samples: list[tuple[str, Sample]] = []
    try:
        for row in itertools.islice(rows, ROWS):
            first.append(row)
            samples.append((row.where, reader.reader(row).sample(row)))
    except RewardkitError as error:
        rows = itertools.chain(_raising(error) if len(first) == len(samples) else (), rows)
    for sentence in ground_truth_remarks(scorer.steps, samples, redact=options.redact):
        console.warning(sentence)
    return itertools.chain(first, rows)


def _raising(error: RewardkitError) -> Iterator[Row]:
    """An iterator that raises an error when it is asked for its first row."""
    yield from ()
    raise error


def _check_sample(options: ScoreOptions, scorer: Judging) -> None:
    """Refuses a choice of single rows if something looks at whole groups."""
    if options.sample is not None and (scorer.sees_groups or options.advantages):
        raise ConfigError("--sample chooses single rows, and this run needs whole groups; use --limit")


def _key(options: ScoreOptions, scorer: Judging) -> str:
    """All that decides the output besides the input rows: a run is resumed only under the same.

    Not covered: modules that a plugin file imports, and the versions of what a reward stands on.
    """
    deciding = {name: value for name, value in asdict(options).items() if name not in _NOT_IN_KEY}
    rewards = [(step.installed.qualified_name, step.installed.version) for step in scorer.steps]
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in scorer.files]
    return repr((metadata.version("rewardkit"), rewards, files, scorer.rubric, deciding))


def _judged_rows(
    scorer: Judging, rows: Iterator[Row], reader: InputReader, output: Output | None, options: ScoreOptions
) -> Iterator[JudgedRow]:
    """All rows in order: those that a resumed run has written, then the others as they are judged.

    If rewards or advantages look at whole groups, the last group of a resumed run may have been cut in the middle: it
    is judged again, and only what was not written of it is new.
    """
    whole_groups = scorer.sees_groups or options.advantages is not None
    last_group: list[JudgedRow] = []
    for row, block in output.resumed(rows) if output else ():
        judged = JudgedRow(row, reader.sample(row), from_block(block), block, written=True)
        key = judged.sample.group_key
        if last_group and (key is None or key != last_group[-1].sample.group_key):
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


def _judged(scorer: Judging, rows: Iterator[Row], reader: InputReader, options: ScoreOptions) -> Iterator[JudgedRow]:
    """Rows with their results."""
    waiting: deque[tuple[Row, Sample]] = deque()

    def samples() -> Iterator[Sample]:
        for row in rows:
            sample = reader.sample(row)
            waiting.append((row, sample))
            yield sample
        reader.check()

    for result in scorer.stream(samples(), progress=options.progress):
        yield JudgedRow(*waiting.popleft(), result, to_block(result, timings=options.timings))


def _with_advantages(judged: Iterator[JudgedRow], estimator: str) -> Iterator[JudgedRow]:
    """Each row with its advantage in its group in the block."""
    for group in adjacent_groups(judged, lambda row: row.sample.group_key):
        values = group_advantages(estimator, [row.result.reward for row in group])
        for row, advantage in zip(group, values, strict=True):
            yield row._replace(block={**row.block, "advantage": advantage})
