"""`rewardkit score` in parts: whether to, and the run itself."""

import contextlib
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rewardkit.cluster.actor_pool import ActorPool
from rewardkit.cluster.file_parts import Probe
from rewardkit.commands import console
from rewardkit.commands.judging import Judging
from rewardkit.commands.options import ScoreOptions
from rewardkit.errors import ConfigError
from rewardkit.output.writers import FileOutput, Output
from rewardkit.pipeline import Scorer
from rewardkit.shards import choice
from rewardkit.shards.part import PartResult, PartSettings
from rewardkit.shards.run import judged_in_order, parts_folder, parts_of, with_written
from rewardkit.shards.second_try import judge_with_pool
from rewardkit.workers.pool import Pool
from rewardkit.workers.processors import default_workers

OFF = "off"
AUTO = "auto"


def processes(options: ScoreOptions) -> int | None:
    """The number of processes that the options ask for; None for one for each processor.

    raises  ConfigError
    """
    if options.shards in (OFF, AUTO):
        return options.workers
    if options.shards.isdecimal() and int(options.shards):
        return int(options.shards)
    raise ConfigError(f"--shards {options.shards}: write a number of processes, auto or off")


def in_parts(options: ScoreOptions, scorer: Judging, output: str | None) -> bool:
    """True where the run is to be judged in parts; where it was asked for and cannot be, that is said.

    output  the file that is written; None for none
    """
    if options.shards == OFF:
        return False
    obstacle = _obstacle(options, scorer, output)
    if obstacle is None:
        if options.shards == AUTO and not choice.pays(options.files, scorer.steps):
            return False
        obstacle = _not_shared(options, scorer, output)
    if obstacle is None:
        return True
    if options.shards != AUTO:
        console.note(f"--shards: {obstacle}; judging row by row")
    return False


def _obstacle(options: ScoreOptions, scorer: Judging, output: str | None) -> str | None:
    for chosen, option in ((options.limit, "--limit"), (options.sample, "--sample"), (options.to, "--to")):
        if chosen is not None:
            return f"{option} needs the rows one by one"
    if not isinstance(scorer, Scorer) or not isinstance(scorer.engine, Pool | ActorPool):
        services = choice.obstacle_of_rewards(scorer.steps)
        return services or "--engine http://…, --cache, --repeat, --debug and --pdb judge sample by sample"
    whole_groups = _whole_groups(options, scorer)
    of_files = (choice.obstacle_of_file(file, whole_groups=whole_groups) for file in options.files)
    return choice.obstacle_of_output(output) or next(filter(None, of_files), None)


def _not_shared(options: ScoreOptions, scorer: Judging, output: str | None) -> str | None:
    """Why the nodes of a cluster cannot read and write parts; None where they can, and for this machine's workers."""
    assert isinstance(scorer, Scorer)
    if not isinstance(scorer.engine, ActorPool):
        return None
    if output in (None, "-"):
        return "the nodes of a cluster write parts beside an output file; name one with -o"
    files = tuple((str(Path(file).absolute()), Path(file).stat().st_size) for file in options.files)
    folder = Path(str(output)).absolute().parent
    try:
        with tempfile.NamedTemporaryFile(prefix=".rewardkit-", dir=folder) as beacon:
            shared = scorer.engine.sees(Probe(files, beacon.name))
    except OSError as error:
        return f"{folder}: {error.strerror}"
    return None if shared else f"not every node of the cluster has {options.files[0]} and the folder {folder}"


def _whole_groups(options: ScoreOptions, scorer: Judging) -> bool:
    return scorer.sees_groups or options.advantages is not None


@contextlib.contextmanager
def judged_parts(
    options: ScoreOptions, scorer: Judging, output: Output | None
) -> Iterator[Iterator[tuple[PartResult, int]]]:
    """The results of the run's parts in order, each with its bytes in the input.

    scorer  one for which `in_parts` is true
    """
    assert isinstance(scorer, Scorer)
    pool = scorer.engine
    assert isinstance(pool, Pool | ActorPool)
    settings = PartSettings(
        output=options.output or "standard output",
        progress=options.progress,
        mapping=options.mapping,
        row_format=options.format,
        timings=options.timings,
        advantages=options.advantages,
    )
    with parts_folder(output) as folder:
        size = choice.part_bytes(scorer.steps)
        parts = parts_of(options.files, settings, size, folder, whole_groups=_whole_groups(options, scorer))
        written = output.written() if isinstance(output, FileOutput) else None
        if written is not None:
            parts = with_written(parts, written, settings)
        judge = partial(judge_with_pool, scorer, pool, settings)
        count = pool.workers if isinstance(pool, ActorPool) else processes(options) or default_workers()
        with contextlib.closing(judged_in_order(parts, judge, count, output, scorer.close)) as judged:
            yield judged
