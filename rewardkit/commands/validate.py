"""`rewardkit validate`: a rubric checked without judging, alone or against the rows that it is meant for."""

import itertools
from collections import Counter

from rewardkit.commands import console
from rewardkit.commands.ground_truths import ground_truth_remarks
from rewardkit.commands.judging import load_rubric, plugin_files
from rewardkit.commands.options import ValidateOptions
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.conditions import ConditionWatch
from rewardkit.rubrics.resolution import Step, resolve
from rewardkit.rubrics.rubric import Rubric

FIELDS = ("completion", "prompt", "ground_truth", "completion_tokens", "truncated", "group")
"""Fields of a Sample whose rows are counted."""


def run(options: ValidateOptions) -> int:
    """Prints what the rubric says and what does not fit; returns the exit code."""
    console.set_up_logging(quiet=False, verbose=False)
    rubric = load_rubric(options.name, options)
    steps = resolve(rubric, load_registry(plugin_files(rubric, options.plugins)))
    screen = console.console()
    screen.print(f"{console.safe(rubric.where)}: {_counted(len(steps), 'reward')}, {rubric.combine}, all right")
    listed = console.table("reward", "is", "weight", "if")
    for step in steps:
        weight = "schedule" if isinstance(step.config.weight, tuple) else console.weight_shown(step.config.weight)
        conditions = [f"{gate} >= {console.number(least)}" for gate, least in step.config.gate.items()]
        conditions += [f"{column} in {list(wanted)!r}" for column, wanted in step.config.when.items()]
        name = step.installed.name if step.installed.distribution == "rewardkit" else step.installed.qualified_name
        listed.add_row(*map(console.safe, (step.alias, name, weight, ", ".join(conditions) or "always")))
    screen.print(listed)
    return 0 if options.data is None else _check_rows(rubric, steps, options, options.data)


def _check_rows(rubric: Rubric, steps: tuple[Step, ...], options: ValidateOptions, file: str) -> int:
    """Reads the first rows of the file as `score` would; returns the exit code."""
    reader = InputReader(options.mapping, options.format)
    watch = ConditionWatch(rubric)
    found: Counter[str] = Counter()
    row_format = ""
    samples = []
    for row in reader.rows(itertools.islice(read_rows(file), options.limit)):
        row_format = reader.reader(row).name
        sample = reader.sample(row)
        watch.look(sample)
        samples.append((row.where, sample))
        found.update(name for name in FIELDS if getattr(sample, name) not in (None, "", ()))
    screen = console.console()
    if not watch.rows:
        console.warning(f"{file}: no rows")
        return 1
    fields = ", ".join(f"{name} in {found[name]:,}" for name in FIELDS if found[name])
    screen.print(
        f"\n{console.safe(file)}: {_counted(watch.rows, 'row')} read as {row_format}; {fields}", soft_wrap=True
    )
    faults = list(watch.warnings())
    for step in steps:
        missing = [name for name in step.installed.reward.reads if not found[name]]
        if missing and step.alias not in watch.never_held:
            names = ", ".join(missing)
            faults.append(
                f"rewards.{step.alias} reads {names}, which no row has; name its column: --map {missing[0]}=COLUMN"
            )
    for sentence in (*faults, *ground_truth_remarks(steps, samples)):
        console.warning(sentence)
    return int(bool(faults))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
