"""`rewardkit audit`: what a rubric pays for that is not the task."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

from rewardkit.auditing import baseline as baselines
from rewardkit.auditing.attack import Attack
from rewardkit.auditing.findings import LEVELS, AuditReport, Level
from rewardkit.auditing.formats import junit_of, sarif_of
from rewardkit.auditing.loading import attacks_named
from rewardkit.auditing.rows import named_samples
from rewardkit.auditing.run import attacks_with, audited, opening
from rewardkit.commands import console
from rewardkit.commands.audit_options import AuditOptions
from rewardkit.commands.audit_view import print_attacks, print_report
from rewardkit.commands.judging import load_rubric
from rewardkit.commands.rows import without_meta
from rewardkit.errors import ConfigError
from rewardkit.input.files import read_files
from rewardkit.input.input_reader import InputReader
from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.pipeline import Scorer
from rewardkit.sample import Sample


def run(options: AuditOptions) -> int:
    """Audits a rubric and prints what was found; returns the exit code."""
    console.set_up_logging(quiet=options.quiet, verbose=False)
    level = _level(options.fail_on)
    if options.update_baseline and options.baseline is None:
        raise ConfigError("--update-baseline: which file? name it with --baseline")
    accepted = (
        frozenset() if options.baseline is None else baselines.read(options.baseline, new=options.update_baseline)
    )
    attacks = attacks_with(attacks_named(options.attack), options.skip)
    if options.list:
        print_attacks(attacks)
        return 0
    report = _audited(options, attacks)
    if options.update_baseline and options.baseline is not None:
        baselines.write(options.baseline, report)
        accepted = frozenset(found.fingerprint for found in report.findings)
    report = baselines.applied(report, accepted)
    for path, text in ((options.sarif, sarif_of), (options.junit, junit_of)):
        if path is not None:
            with os_errors_as_output_errors(path):
                path.write_text(text(report), encoding="utf-8")
    if options.json:
        console.json(report.as_dict())
    else:
        print_report(report, attacks, redact=options.redact)
    return int(bool(report.at_least(level)))


def _level(name: str) -> Level:
    for level in LEVELS:
        if name == level:
            return level
    raise ConfigError(f"--fail-on {name}: write {', '.join(LEVELS)}")


def _audited(options: AuditOptions, attacks: Mapping[str, Attack]) -> AuditReport:
    rubric = load_rubric(options.rubric, options)
    samples = _samples(options)
    first = next(samples, None)  # bad input shows before a worker starts
    with Scorer(rubric, workers=options.workers, plugins=options.plugins, engine=options.engine) as scorer:
        given = itertools.chain([first] if first else [], samples)
        report = audited(
            scorer,
            given,
            attacks,
            tasks=options.tasks,
            seed=options.seed,
            open_scorer=opening(options.workers),
        )
    return dataclasses.replace(report, rubric=options.rubric)


def _samples(options: AuditOptions) -> Iterator[tuple[str, Sample]]:
    files = [str(Path(file)) if file != "-" else file for file in without_meta(options.files)]
    return named_samples(read_files(files), InputReader(options.mapping, options.format), options.mapping)
