"""`rewardkit score --dry-run`: what the rewards of a rubric would ask of their services, without asking."""

from collections.abc import Iterator

from rewardkit.adjacent_groups import adjacent_groups
from rewardkit.commands import console
from rewardkit.commands.judging import plugin_files
from rewardkit.commands.options import ScoreOptions
from rewardkit.commands.rows import rows_of
from rewardkit.input.input_reader import InputReader
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.compose import unjudged
from rewardkit.rubrics.resolution import Step, resolve
from rewardkit.rubrics.rubric import RewardConfig, Rubric
from rewardkit.sample import Sample


def run(options: ScoreOptions, rubric: Rubric) -> int:
    """Prints the estimate; returns the exit code."""
    steps = resolve(rubric, load_registry(plugin_files(rubric, options.plugins)))
    totals: dict[str, dict[str, float]] = {step.alias: {} for step in steps}
    count = 0
    for group in adjacent_groups(_samples(options, rubric), lambda sample: sample.group_key):
        count += len(group)
        for step in steps:
            # What a gate would spare is not known before its reward has judged.
            asked = [sample for sample in group if unjudged(rubric, _ungated(step), sample, {}) is None]
            alone = step.installed.reward.sees == "sample"
            together = [[sample] for sample in asked] if alone else [asked]
            for samples in together if asked else ():
                for name, figure in step.installed.reward.estimate(samples, step.params).items():
                    totals[step.alias][name] = totals[step.alias].get(name, 0) + figure
    if options.json:
        console.json({"rows": count, "estimates": totals})
        return 0
    screen = console.console(to_stderr=False)
    screen.print(f"{count:,} rows; nothing was judged")
    for alias, figures in totals.items():
        if figures:
            told = ", ".join(f"{figure:,.4g} {name.replace('_', ' ')}" for name, figure in figures.items())
            screen.print(f"{alias}: about {told}", soft_wrap=True)
    if not any(totals.values()):
        screen.print("no reward of this rubric asks a service that it could estimate")
    return 0


def _samples(options: ScoreOptions, rubric: Rubric) -> Iterator[Sample]:
    reader = InputReader(options.mapping, options.format)
    rows = rows_of(options.files, limit=options.limit, sample=options.sample, seed=options.seed)
    for row in reader.rows(rows):
        yield reader.sample(row).in_format(rubric.reasoning)
    reader.check()


def _ungated(step: Step) -> RewardConfig:
    """The reward's entry of the rubric without its gate."""
    return step.config.model_copy(update={"gate": {}})
