"""`rewardkit select`: scored rows in, those that are worth training on out, and the figures of each step."""

import platform
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rewardkit.codec import to_block
from rewardkit.commands import console, plain
from rewardkit.commands.judging import load_rubric, open_scorer
from rewardkit.commands.rows import without_meta
from rewardkit.commands.select_options import SelectOptions
from rewardkit.commands.selection_view import print_selection
from rewardkit.errors import ConfigError
from rewardkit.input.caller import Caller
from rewardkit.input.files import read_files
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK
from rewardkit.input.spool import Spool
from rewardkit.output.meta import MADE_BY, without_secrets
from rewardkit.output.output_row import line_of
from rewardkit.pipeline import Scorer
from rewardkit.registry import built_in
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.selection.criteria import PRESETS, TARGETS, Criteria, criteria_of
from rewardkit.selection.run import Reading, Run
from rewardkit.selection.select import source_of, write


def run(options: SelectOptions) -> int:
    """Selects; returns the exit code."""
    console.set_up_logging(quiet=options.quiet, verbose=options.verbose)
    if options.presets:
        plain.write(plain.aligned([(name, f"{preset.about} ({preset.source})") for name, preset in PRESETS.items()]))
        return 0
    criteria = _criteria(options)
    if not options.files:
        raise ConfigError("which files? name those that `rewardkit score -o` wrote, or `-` for standard input")
    if options.output == "-" and (options.json or options.rejected == "-"):
        raise ConfigError("-o - and another output both want standard output; name a file with -o")
    if options.rejected is not None and options.output is not None and _same(options.rejected, options.output):
        raise ConfigError(f"--rejected {options.rejected}: is the output too; name two files")
    files = without_meta(options.files)
    rows = Spool(_judged(files, options)) if options.rubric is not None else source_of(files)[0]
    reading = Reading(
        mapping=options.mapping,
        row_format=options.format,
        reward=options.reward,
        verdict=options.verdict,
        pass_at=options.pass_at,
        caller=Caller.COMMAND,
    )
    selection = Run(rows, criteria, reading, seed=options.seed, ask=_asking(options))
    summary = selection.choose()
    if options.output is not None or options.rejected is not None:
        meta = _provenance(options, files, criteria, summary)
        write(selection, options.output, options.rejected, files, rejected=options.rejected is not None, meta=meta)
    for remark in summary["remarks"]:
        console.warning(remark)
    if options.json:
        console.json(summary)
    else:
        print_selection(summary, to_stderr=options.output == "-")
        if options.output is None:
            console.note(f"nothing was saved: add `-o kept.jsonl` for {TARGETS[criteria.to]}")
    return int(not summary["kept"])


def _criteria(options: SelectOptions) -> Criteria:
    given = options.criteria
    if options.preset is None and not given.keys() - {"to", "language_share"}:
        raise ConfigError(
            f"select what? name a preset ({', '.join(PRESETS)}; --presets describes them) or criteria, such as "
            "--correct --unique -k 4"
        )
    return criteria_of(options.preset, given)


def _same(one: str, other: str) -> bool:
    return Path(one).resolve() == Path(other).resolve()


def _asking(options: SelectOptions) -> Any:
    """Judges samples by the rewards that the criteria need."""

    def ask(rewards: Mapping[str, Any], samples: Iterable[Sample]) -> Iterator[Mapping[str, Score]]:
        console.LOG.debug("asking %s", ", ".join(rewards))
        with Scorer(Rubric.of({"rewards": rewards}), workers=options.workers) as scorer:
            for result in scorer.stream(samples):
                yield result.scores

    return ask


def _judged(files: list[str], options: SelectOptions) -> Iterator[Row]:
    """The rows of rollouts, judged by the rubric that the options name, as `score` writes them."""
    rubric = load_rubric(options.rubric, options)
    reader = InputReader(options.mapping, options.format)
    waiting: deque[Row] = deque()
    rows = read_files(files)

    def samples() -> Iterator[Sample]:
        for row in reader.rows(rows):
            waiting.append(row)
            yield reader.sample(row)

    with open_scorer(rubric, options, options.workers, options.engine, options.cache, options.address) as scorer:
        for result in scorer.stream(samples(), progress=options.progress):
            row, block = waiting.popleft(), to_block(result, timings=False)
            yield row._replace(data={**row.data, BLOCK: block}, raw=line_of(row, block)[:-1])


def _provenance(
    options: SelectOptions, files: list[str], criteria: Criteria, summary: Mapping[str, Any]
) -> dict[str, Any]:
    """How the output was made, for the file beside it."""
    return {
        MADE_BY: f"rewardkit {built_in.version()}",
        "command": without_secrets(["rewardkit", *sys.argv[1:]]),
        "inputs": without_secrets(files),
        "python": platform.python_version(),
        "preset": options.preset,
        "criteria": criteria.model_dump(exclude_defaults=True),
        "summary": summary,
    }
