"""The command line: what each command takes. What it does stands in the module of its name, imported when it runs."""

import contextlib
import functools
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class _Commands(TyperGroup):
    """The commands of the core, then those of plugins, which are loaded only where they are listed or named.

    Our own errors and interruptions are turned into exit codes before typer sees them: it would end a run with 1 where
    the reader of a pipe has left, and say nothing on Ctrl-C.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *self._of_plugins]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        return self._of_plugins.get(cmd_name) if own is None else own

    @functools.cached_property
    def _of_plugins(self) -> dict[str, Any]:
        """What plugins add, as click sees it; a name of the core's stays the core's."""
        from rewardkit.registry.registry import load_registry

        commands, problems = load_registry().commands()
        for problem in problems:
            _say(str(problem))
        found = {}
        for name in commands.keys() - self.commands.keys():
            found[name] = typer.main.get_command(commands[name].app)
            found[name].name = name
        return dict(sorted(found.items()))

    def invoke(self, ctx: Any) -> Any:
        from rewardkit.errors import RewardkitError

        try:
            return super().invoke(ctx)
        except RewardkitError as error:
            _say(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            _say("interrupted")
            raise typer.Exit(130) from error
        except BrokenPipeError as error:  # whoever read our output has enough: `| head`
            raise typer.Exit(141) from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Rewards for reinforcement learning with verifiable rewards: judged fast, explained, and honest.",
)

Files = Annotated[list[str], typer.Argument(help="JSONL (also .gz, .zst), Parquet, or - for standard input.")]
RubricFile = Annotated[
    Path | None,
    typer.Option("--rubric", "-c", help="The rubric, YAML or TOML. Default: math or code, format, language."),
]
Plugins = Annotated[list[Path], typer.Option("--plugin", help="A Python file that brings rewards. May be repeated.")]
Places = Annotated[
    list[str], typer.Option("--map", help="FIELD=COLUMN, such as ground_truth=extra_info.answer. May be repeated.")
]
ShapeName = Annotated[str | None, typer.Option("--format", help="The shape of the rows, where their columns mislead.")]
Sandbox = Annotated[
    str | None, typer.Option(help="Where programs run, over the rubric's word: auto, bubblewrap, docker.")
]
Progress = Annotated[float, typer.Option(min=0, max=1, help="How far training has come: what weight schedules read.")]


@app.command()
def score(
    files: Files,
    rubric: RubricFile = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="JSONL (also .gz, .zst), Parquet, or - for standard output.")
    ] = None,
    plugin: Plugins = [],
    map_: Places = [],
    format_: ShapeName = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Judge the first rows only.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. Default: one for each processor.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run that was killed has stopped.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Write into each score how long it took.")] = False,
    advantages: Annotated[
        str | None, typer.Option(help="Also write each row's advantage in its group, by this estimator: grpo, rloo, …")
    ] = None,
    sandbox: Sandbox = None,
    progress: Progress = 1.0,
    json: Annotated[bool, typer.Option("--json", help="The summary as JSON on standard output.")] = False,
    fail_under: Annotated[float | None, typer.Option(help="Exit with 1 where the mean reward is lower.")] = None,
) -> None:
    """Judge every row of FILES and say what it comes to.

    Exit codes: 0 done, 1 --fail-under did not hold, 2 usage, rubric or input, 3 our own infrastructure failed.
    """
    from rewardkit.commands import score as command

    options = command.Options(
        files, rubric, output, plugin, map_, format_, limit, workers, resume, timings, advantages, sandbox, progress
    )
    raise typer.Exit(command.run(options, as_json=json, fail_under=fail_under))


@app.command()
def explain(
    file: Annotated[str, typer.Argument(help="A file as `score` takes it.")],
    row: Annotated[
        int, typer.Option("--row", "-n", min=1, help="Which row: the number of its line, or in Parquet of the row.")
    ] = 1,
    rubric: RubricFile = None,
    plugin: Plugins = [],
    map_: Places = [],
    format_: ShapeName = None,
    sandbox: Sandbox = None,
    progress: Progress = 1.0,
) -> None:
    """Judge one row and show how: what was extracted, each step, what each reward added to the total."""
    from rewardkit.commands import explain as command

    command.run(file, row, rubric, plugin, map_, format_, sandbox, progress)


@app.command()
def plugins(
    plugin: Plugins = [],
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the rewards that are installed, with their parameters, and what is wrong with any plugin."""
    from rewardkit.commands import plugins as command

    command.run(plugin, as_json=json)


@app.command()
def schema(plugin: Plugins = []) -> None:
    """Print the JSON Schema of a rubric, with the parameters of every installed reward, for editors."""
    from rewardkit.commands import schema as command

    command.run(plugin)


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Say what works on this machine, what is missing, and the one command that mends it.

    Exit codes: 0 nothing is broken, 1 something is.
    """
    from rewardkit.commands import doctor as command

    raise typer.Exit(command.run(as_json=json))


def main() -> None:
    """The console script. Errors of ours are one line on standard error, and an exit code that says whose they are."""
    _open_missing_streams()
    code: Any = 0
    try:
        try:
            app()
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
    except OSError as error:  # of the help text, or of what a failed write has left behind
        if error.filename is not None:
            raise
        if not code and isinstance(error, BrokenPipeError):
            code = 141
        elif not code:
            _say(f"standard output: cannot be written: {error.strerror or error}; send it elsewhere")
            code = 2
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _say(text: str) -> None:
    """A line on standard error; where that takes nothing, the exit code must do."""
    from rewardkit.commands.console import printable

    with contextlib.suppress(OSError):
        sys.stderr.write(f"rewardkit: {printable(text)}\n")


def _open_missing_streams() -> None:
    """Standard streams that the shell has closed (`>&-`) lead nowhere, instead of being None or the next open file."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
