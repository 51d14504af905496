"""The command line: its commands and exit codes. What a command takes is in `commands/options.py`; what it does is in
the module of its name, imported when it runs.
"""

import contextlib
import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rewardkit.commands import audit_options, diff_options, options, report_options, select_options
from rewardkit.commands.options import takes
from rewardkit.errors import RewardkitError
from rewardkit.registry import built_in


class _Commands(TyperGroup):
    """The commands of the core, then built-in ones of our other packages, then those of other distributions.

    Only a command that is named is imported. Our own errors and interruptions are turned into exit codes before typer
    sees them: it would end a run with 1 if the reader of a pipe has left, and print nothing on Ctrl-C.
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Lists the commands without importing those of plugins."""
        super().format_commands(ctx, formatter)
        with formatter.section("More commands"):
            ours = [(name, command.help) for name, command in built_in.COMMANDS.items()]
            theirs = [(name, f"From {offer.distribution} {offer.version}.") for name, offer in _offered().items()]
            formatter.write_dl([*ours, *theirs])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name; a name of the core's stays the core's."""
        command = super().get_command(ctx, cmd_name)
        if command is None and cmd_name in built_in.COMMANDS:
            module, _, attribute = built_in.COMMANDS[cmd_name].app.partition(":")
            command = _as_command(cmd_name, getattr(import_module(module), attribute))
        elif command is None and (offer := _offered().get(cmd_name)):
            from rewardkit.registry.loading import message_of, third_party_code

            try:
                with third_party_code():
                    command = _as_command(cmd_name, offer.point.load())
            except BaseException as error:
                _print_error(f"command {cmd_name!r} did not import: {message_of(error)}; {offer.fix}")
                raise typer.Exit(2) from error
        return command

    def invoke(self, ctx: Any) -> Any:
        """Runs a command; our errors end with their exit code."""
        try:
            return super().invoke(ctx)
        except RewardkitError as error:
            _print_error(str(error))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            _print_error("interrupted")
            raise typer.Exit(130) from error
        except BrokenPipeError as error:  # the reader of our output has enough: `| head`
            raise typer.Exit(141) from error


def _as_command(name: str, app: typer.Typer) -> Any:
    command = typer.main.get_command(app)
    command.name = name
    return command


def _offered() -> dict[str, Any]:
    """Commands of other distributions, by name, not imported. Of two with one name the first distribution's stays."""
    from rewardkit.registry.discovery import COMMANDS, offers

    found: dict[str, Any] = {}
    offered, problems = offers(COMMANDS)
    for offer in offered:
        name = offer.point.name
        if name in CORE_COMMANDS or name in built_in.COMMANDS or name in found:
            _print_error(f"{offer.distribution}: its command {name!r} has the name of another; it is left out")
        else:
            found[name] = offer
    for problem in problems:
        _print_error(str(problem))
    return found


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: it can be copied, fits any width, and loads fast
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Rewards for reinforcement learning with verifiable rewards. Judging is fast, and every score has a reason.",
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        typer.echo(f"rewardkit {built_in.version()}")
        raise typer.Exit


@app.callback()
def _rewardkit(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command()
@takes(options.ScoreOptions)
def score(chosen: options.ScoreOptions) -> None:
    """Judge every row of FILES and print a summary.

    Exit codes: 0 done; 1 --fail-under did not hold, or no row could be judged; 2 usage, rubric or input; 3 a sandbox, a
    worker or a reward failed everywhere.
    """
    from rewardkit.commands import score as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(options.ExplainOptions)
def explain(chosen: options.ExplainOptions) -> None:
    """Judge single rows and show each step.

    Texts, what was extracted from them, each score with its reason, and what it adds to the reward.
    """
    from rewardkit.commands import explain as command

    command.run(chosen)


@app.command()
@takes(select_options.SelectOptions)
def select(chosen: select_options.SelectOptions) -> None:
    """Choose among scored completions, for fine-tuning or the next run.

    Rejection sampling, best-of-n, pairs for DPO, prompts of the right difficulty: by criteria, or by a preset.

    Exit codes: 0 done; 1 no row is left; 2 usage or input.
    """
    from rewardkit.commands import select as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(diff_options.DiffOptions)
def diff(chosen: diff_options.DiffOptions) -> None:
    """Compare two judgements of the same rows.

    Two scored files, two rubrics on rollouts, or a rubric and the rewards of a trainer's dump: changed verdicts with
    both reasons, rewards and advantages that changed, groups that lost their signal, agreement, cost and time.

    Exit codes: 0 done; 1 --fail-over did not hold; 2 usage or input.
    """
    from rewardkit.commands import diff as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(options.ValidateOptions)
def validate(chosen: options.ValidateOptions) -> None:
    """Check a rubric, and a file of rows against it.

    Nothing is judged.

    Exit codes: 0 it fits, 1 the rows do not fit the rubric, 2 the rubric or the file is wrong.
    """
    from rewardkit.commands import validate as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(options.RubricsOptions)
def rubrics(chosen: options.RubricsOptions) -> None:
    """List the rubrics that are installed, or print one."""
    from rewardkit.commands import rubrics as command

    command.run(chosen)


@app.command()
@takes(options.PluginsOptions)
def plugins(chosen: options.PluginsOptions) -> None:
    """List the rewards, or show one with its parameters.

    Exit codes: 0 done, 1 --verify found a fault, 2 there is no such reward.
    """
    from rewardkit.commands import plugins as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(options.NewOptions)
def new(chosen: options.NewOptions) -> None:
    """Make a distribution for a reward of your own.

    A folder rewardkit-NAME with the reward, its tests, CI, licence and README. It installs and passes its tests at
    once.
    """
    from rewardkit.commands import new as command

    command.run(chosen)


@app.command()
@takes(options.CheckOptions)
def check(chosen: options.CheckOptions) -> None:
    """Check a reward as its author should.

    What `rewardkit.testing` checks in pytest: right and wrong samples, hostile texts, order, repetition, parameters,
    imports, and whether a completion earns anything without the work.

    Exit codes: 0 no fault, 1 a fault was found, 2 there is no such reward.
    """
    from rewardkit.commands import check as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(audit_options.AuditOptions)
def audit(chosen: audit_options.AuditOptions) -> None:
    """Attack a rubric on the rows of its task.

    Empty answers, echoed prompts, several answers, padding, words to the judge and more: reported is what earns a
    reward without the work, which reward pays it, and the smallest completion that shows it. Also wrong labels, weak
    tests, and rubrics that teach nothing. Each finding is judged again before it is reported.

    Exit codes: 0 nothing found, 1 a finding of --fail-on or worse, 2 usage, rubric or input.
    """
    from rewardkit.commands import audit as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(report_options.ReportOptions)
def report(chosen: report_options.ReportOptions) -> None:
    """Write judged rows as one HTML file.

    Distributions, groups, reasons, rewards over the steps of training, and every row with its texts and scores; to
    filter, sort and search. The file needs no network and asks for nothing.
    """
    from rewardkit.commands import report as command

    command.run(chosen)


@app.command()
@takes(options.SchemaOptions)
def schema(chosen: options.SchemaOptions) -> None:
    """Print the JSON Schema of rubrics, for editors.

    It has the parameters of the built-in rewards and of those that --plugin and --all load.
    """
    from rewardkit.commands import schema as command

    command.run(chosen)


@app.command()
@takes(options.CacheOptions)
def cache(chosen: options.CacheOptions) -> None:
    """Show, prune or verify a folder of `score --cache`.

    Exit codes: 0 done, 1 verify found damaged entries, 2 there is no cache.
    """
    from rewardkit.commands import cache as command

    raise typer.Exit(command.run(chosen))


@app.command()
@takes(options.DoctorOptions)
def doctor(chosen: options.DoctorOptions) -> None:
    """Report what works here, what is missing, and the fix.

    Exit codes: 0 nothing is broken, 1 something is.
    """
    from rewardkit.commands import doctor as command

    raise typer.Exit(command.run(chosen))


CORE_COMMANDS = frozenset(command.callback.__name__ for command in app.registered_commands if command.callback)


def main() -> None:
    """The console script. Errors of ours are one line on standard error, and an exit code that says whose they are."""
    _prepare_streams()
    code: Any = 0
    try:
        try:
            app(prog_name="rewardkit")
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
    except OSError as error:  # of the help text, or of what a failed write has left behind
        if error.filename is not None:
            raise
        if not code and isinstance(error, BrokenPipeError):
            code = 141
        elif not code:
            _print_error(f"standard output: cannot be written: {error.strerror or error}; send it elsewhere")
            code = 2
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        sys.stderr.flush()
    except OSError:  # what could not be printed must not change the exit code
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)


def _print_error(text: str) -> None:
    """A line on standard error; if that takes nothing, the exit code must do."""
    from rewardkit.text import printable

    with contextlib.suppress(OSError):
        sys.stderr.write(f"rewardkit: {printable(text)}\n")


def _prepare_streams() -> None:
    """Makes the standard streams usable: closed ones (`>&-`) lead nowhere, others replace what they cannot encode."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
