"""`rewardkit diff`: two judgements of the same rows, and what changed."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from rewardkit.commands import console
from rewardkit.commands.comparison_view import print_comparison
from rewardkit.commands.diff_options import DiffOptions
from rewardkit.commands.judging import load_rubric, open_scorer
from rewardkit.commands.rows import without_meta
from rewardkit.comparison.compare import Comparison, Settings, compare
from rewardkit.comparison.rendering import share
from rewardkit.errors import ConfigError
from rewardkit.input.caller import Caller
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.output.writers import refuse_inputs

ENDINGS = (".html", ".md", ".json", ".jsonl")


def run(options: DiffOptions) -> int:
    """Compares; returns the exit code."""
    console.set_up_logging(quiet=options.quiet, verbose=options.verbose)
    limit = options.limit
    ending = _ending(options)
    settings = Settings(
        mapping=options.mapping,
        row_format=options.format,
        reward=options.reward,
        verdict=options.verdict,
        pass_at=options.pass_at,
        key=options.key,
        estimator=options.advantages,
        progress=options.progress,
        caller=Caller.COMMAND,
    )

    def opened(name: str) -> Any:
        return open_scorer(
            load_rubric(name, options), options, options.workers, options.engine, options.cache, options.address
        )

    rows = without_meta(options.rows) if options.rows else None
    with ExitStack() as stack:
        flips: IO[str] | None = None
        if options.output is not None and ending == ".jsonl":
            stack.enter_context(os_errors_as_output_errors(options.output))
            flips = stack.enter_context(Path(options.output).open("w", encoding="utf-8"))
        compared = compare(options.old, options.new, rows, settings, opened, _writer(flips))
    if options.output is not None and ending != ".jsonl":
        with os_errors_as_output_errors(options.output):
            Path(options.output).write_text(_report(compared, ending), encoding="utf-8")
    unmatched = compared.figures["unmatched"]
    for side, name in (("old", options.old), ("new", options.new)):
        if unmatched[side]:
            console.warning(f"{unmatched[side]:,} rows are only in {name}, such as {unmatched['first'][side][0]}")
    if options.json:
        console.json(compared.as_dict())
    else:
        print_comparison(compared.as_dict(), options.first, redact=options.redact)
    changed = compared.figures["verdicts"]["share"]
    if limit is not None and changed > limit:
        console.warning(f"--fail-over {options.fail_over}: {share(changed)} of the verdicts changed")
        return 1
    return 0


def _ending(options: DiffOptions) -> str:
    """The ending of the output's name.

    raises  ConfigError for one that says no format, and for an output that is an input
    """
    if options.output is None:
        return ""
    ending = Path(options.output).suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(f"-o {options.output}: name a file that ends in {', '.join(ENDINGS)}")
    refuse_inputs(options.output, [options.old, options.new, *options.rows])
    return ending


def _writer(file: IO[str] | None) -> Callable[[Mapping[str, Any]], None]:
    """Writes every changed verdict into a file, if there is one."""

    def write(flip: Mapping[str, Any]) -> None:
        if file is not None:
            file.write(json.dumps(flip, ensure_ascii=False) + "\n")

    return write


def _report(compared: Comparison, ending: str) -> str:
    if ending == ".json":
        return json.dumps(compared.as_dict(), indent=2, ensure_ascii=False) + "\n"
    return compared.to_markdown() if ending == ".md" else compared.to_html()
