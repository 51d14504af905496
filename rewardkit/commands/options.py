"""The options of each command as one object: its fields make the command line, and the command gets it whole."""

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from rewardkit.commands import complete
from rewardkit.errors import ConfigError

OptionsT = TypeVar("OptionsT")


def takes(options_type: type[OptionsT]) -> Callable[[Callable[[OptionsT], None]], Callable[..., None]]:
    """Makes a function of one options object a function of its fields, which typer reads as arguments and options."""

    def decorate(function: Callable[[OptionsT], None]) -> Callable[..., None]:
        hints = typing.get_type_hints(options_type, include_extras=True)

        @functools.wraps(function)
        def command(**values: Any) -> None:
            function(options_type(**values))

        of_class = {f.name: f for f in fields(options_type)}  # type: ignore[arg-type]  # a dataclass
        own_first = [name for kind in options_type.__mro__ for name in getattr(kind, "__annotations__", ())]
        parameters = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=_default(of_class[name]), annotation=hints[name]
            )
            for name in own_first
        ]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return decorate


def _default(of: Any) -> Any:
    if of.default_factory is not MISSING:
        return of.default_factory()
    return inspect.Parameter.empty if of.default is MISSING else of.default


PluginFiles = Annotated[
    list[Path], typer.Option("--plugin", metavar="FILE", help="A Python file that brings rewards. Repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AllPlugins = Annotated[bool, typer.Option("--all", help="Import the plugins of all other distributions, too.")]


@dataclass(frozen=True, kw_only=True)
class RewardOptions:
    """Options about the rewards of a rubric."""

    plugins: PluginFiles = field(default_factory=list)
    no_plugin: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="A distribution, or a reward, that is not to be loaded. Repeatable."),
    ] = field(default_factory=list)
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Allow the rubric to name plugin files, secrets and weaker sandboxes."),
    ] = False
    sandbox: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Sandbox for programs, instead of the rubric's: auto, bubblewrap, docker.",
            autocompletion=complete.sandboxes,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """Options about reading the rows."""

    map: Annotated[
        list[str],
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="Column of a field, such as ground_truth=extra_info.answer. Repeatable.",
        ),
    ] = field(default_factory=list)
    format: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Input format, if detection is wrong: plain, messages, verl, …",
            autocompletion=complete.formats,
        ),
    ] = None

    @property
    def mapping(self) -> dict[str, str]:
        """`--map` as a mapping from fields to columns."""
        return mapping_of(self.map)


@dataclass(frozen=True, kw_only=True)
class WatchOptions(RewardOptions, RowOptions):
    """Options of the commands that judge, about what is shown and how."""

    progress: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="SHARE", help="Progress of training, from 0 to 1, for weight schedules."),
    ] = 1.0
    redact: Annotated[
        bool, typer.Option("--redact", help="Show no text of prompts and completions on the terminal.")
    ] = False
    debug: Annotated[
        bool, typer.Option("--debug", help="Judge in this process; show what rewards print and their tracebacks.")
    ] = False
    pdb: Annotated[bool, typer.Option("--pdb", help="Like --debug, and open the debugger where a reward raises.")] = (
        False
    )
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors, warnings and results only.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also print what is loaded and started.")] = False


@dataclass(frozen=True, kw_only=True)
class JudgeOptions(WatchOptions):
    """Options of the commands that judge by one rubric."""

    rubric: Annotated[
        str | None,
        typer.Option(
            "--rubric",
            "-c",
            metavar="RUBRIC",
            help="A rubric: a YAML or TOML file, or a name that `rewardkit rubrics` lists.",
            autocompletion=complete.rubrics,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Options about what judges."""

    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Worker processes, with --engine ray on each node. Default: one for each processor.",
        ),
    ] = None
    engine: Annotated[
        str,
        typer.Option(
            metavar="ENGINE", help="What judges: local, ray, or the URL of a `rewardkit serve` of the same rubric."
        ),
    ] = "local"
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="The Ray cluster of --engine ray. Default: RAY_ADDRESS, or this machine's."
        ),
    ] = None
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Scores that were given before: what is known is not judged again."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ScoreOptions(EngineOptions, JudgeOptions):
    """Options of `rewardkit score`."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES", help="JSONL, JSON, CSV, Parquet or Arrow (also .gz, .zst), or - for standard input."
        ),
    ]
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="JSONL, CSV, Parquet or Arrow (also .gz, .zst), or - for standard output.",
        ),
    ] = None
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TOOL",
            help="Write the output for another tool: inspect-scores, harbor, verifiers.",
            autocompletion=complete.exports,
        ),
    ] = None
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Judge only the first rows.")] = None
    sample: Annotated[int | None, typer.Option(min=1, metavar="N", help="Judge this many rows, chosen at random.")] = (
        None
    )
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of --sample.")] = 0
    shards: Annotated[
        str,
        typer.Option(
            metavar="N",
            help="Cut the input into parts, which so many processes read, judge and write: a number, off, or auto: "
            "where the input is large and its rewards are cheap.",
        ),
    ] = "auto"
    repeat: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Judge every row N times, and list what got different scores."),
    ] = 1
    resume: Annotated[bool, typer.Option("--resume", help="Continue a run that was killed.")] = False
    timings: Annotated[bool, typer.Option("--timings", help="Write how long each score took.")] = False
    advantages: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Also write each row's advantage in its group, by this estimator: grpo, rloo, …",
            autocompletion=complete.estimators,
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge nothing; print what the services would be asked, and the cost.")
    ] = False
    max_cost: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="COST", help="The most that each worker may spend on a judge with `prices`."),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON on standard output.")] = False
    fail_under: Annotated[
        float | None, typer.Option(metavar="MEAN", help="Exit with 1 if the mean reward is lower.")
    ] = None
    allow_unjudged: Annotated[
        bool,
        typer.Option("--allow-unjudged", help="Exit with 0 even if no row could be judged against its ground truth."),
    ] = False


@dataclass(frozen=True, kw_only=True)
class ExplainOptions(JudgeOptions):
    """Options of `rewardkit explain`."""

    file: Annotated[str, typer.Argument(metavar="FILE", help="A file as `score` takes it.")]
    row: Annotated[
        list[int],
        typer.Option(
            "--row", "-n", min=1, metavar="N", help="Number of the line (in a table: of the row). Repeatable."
        ),
    ] = field(default_factory=list)
    id: Annotated[list[str], typer.Option("--id", metavar="ID", help="The row's id. Repeatable.")] = field(
        default_factory=list
    )
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION", help="Rows for which this holds, such as 'scores.math.value == 0 and reward > 0'."
        ),
    ] = None
    status: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS",
            help="Rows with a score of this status: scored, abstained, failed.",
            autocompletion=complete.statuses,
        ),
    ] = None
    first: Annotated[int, typer.Option(min=1, metavar="N", help="Explain at most this many of the rows found.")] = 5
    full: Annotated[bool, typer.Option("--full", help="Show long texts whole.")] = False


@dataclass(frozen=True, kw_only=True)
class ValidateOptions(RewardOptions, RowOptions):
    """Options of `rewardkit validate`."""

    name: Annotated[str, typer.Argument(metavar="RUBRIC", autocompletion=complete.rubrics, help="A file or a name.")]
    data: Annotated[str | None, typer.Argument(metavar="FILE", help="A file of rows that the rubric is meant for.")] = (
        None
    )
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Rows of the file to look at.")] = 1000


@dataclass(frozen=True, kw_only=True)
class PluginsOptions:
    """Options of `rewardkit plugins`."""

    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="One reward, short or as dist-name:reward.", autocompletion=complete.rewards
        ),
    ] = None
    plugins: PluginFiles = field(default_factory=list)
    all: AllPlugins = False
    verify: Annotated[
        bool, typer.Option("--verify", help="Load every plugin and put its rewards through quick checks.")
    ] = False
    json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class SchemaOptions:
    """Options of `rewardkit schema`."""

    plugins: PluginFiles = field(default_factory=list)
    all: AllPlugins = False


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """Options of `rewardkit doctor`."""

    all: AllPlugins = False
    json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class RubricsOptions:
    """Options of `rewardkit rubrics`."""

    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print this rubric.", autocompletion=complete.rubrics)
    ] = None


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Options of `rewardkit check`."""

    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A reward, a file.py, a module or a distribution.",
            autocompletion=complete.rewards,
        ),
    ] = None
    data: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Rows to check on, with what each should get in `expected`."),
    ] = None
    plugins: PluginFiles = field(default_factory=list)
    param: Annotated[
        list[str], typer.Option(metavar="NAME=VALUE", help="A parameter of the reward, as in YAML. Repeatable.")
    ] = field(default_factory=list)
    skip: Annotated[list[str], typer.Option(metavar="CHECK", help="A check to leave out. Repeatable.")] = field(
        default_factory=list
    )
    idle_reward: Annotated[
        float, typer.Option(metavar="VALUE", help="The most that a completion without any work may earn.")
    ] = 0.0
    deadline: Annotated[
        float, typer.Option(min=0.01, metavar="SECONDS", help="Processor seconds that a sample may take.")
    ] = 10.0
    list: Annotated[bool, typer.Option("--list", help="List the checks.")] = False
    json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class NewOptions:
    """Options of `rewardkit new`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the reward.")]
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="Where its folder is made.")] = Path()
    function: Annotated[bool, typer.Option("--function/--class", help="A function, or a class.")] = True
    group: Annotated[bool, typer.Option("--group", help="It sees all completions of a prompt at once.")] = False
    asynchronous: Annotated[bool, typer.Option("--async", help="It waits for a service.")] = False
    environment: Annotated[
        bool, typer.Option("--environment", help="Make an OpenEnv environment, scored by a rubric, not a reward.")
    ] = False
    license: Annotated[str, typer.Option(metavar="NAME", help="apache-2.0, mit, bsd-3-clause or none.")] = "apache-2.0"
    author: Annotated[str, typer.Option(metavar="TEXT", help="Name in the licence.")] = ""


def mapping_of(arguments: typing.Sequence[str]) -> dict[str, str]:
    """`--map FIELD=COLUMN` as a mapping.

    raises  ConfigError
    """
    mapping: dict[str, str] = {}
    for argument in arguments:
        if "=" not in argument.strip("="):
            raise ConfigError(f"--map {argument}: write FIELD=COLUMN, such as ground_truth=answer")
        name, _, column = argument.partition("=")
        if name in mapping:
            raise ConfigError(f"--map {name}=…: is given twice, with {mapping[name]!r} and {column!r}; name one column")
        mapping[name] = column
    return mapping


@dataclass(frozen=True, kw_only=True)
class CacheOptions:
    """Options of `rewardkit cache`."""

    action: Annotated[str, typer.Argument(metavar="ACTION", help="info, prune or verify.")]
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that `score --cache` was given.")]
    older_than: Annotated[
        str | None, typer.Option(metavar="TIME", help="prune: entries older than this, such as 12h, 30d.")
    ] = None
    larger_than: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="prune: the oldest entries, until this much is left, such as 500MB, 2GB."),
    ] = None
    reward: Annotated[str | None, typer.Option(metavar="NAME", help="prune: entries of this reward.")] = None
    everything: Annotated[bool, typer.Option("--everything", help="prune: all entries.")] = False
    json: AsJson = False
