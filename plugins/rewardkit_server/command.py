"""`rewardkit serve`, and `rewardkit serve-openrlhf`, its name of earlier days for one rubric."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rewardkit import ConfigError, Rubric
from rewardkit.adapters import mapping_of
from rewardkit_server.settings import MIB, TOKEN_VARIABLE, Settings

if TYPE_CHECKING:
    from rewardkit_server.serving import Server

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
openrlhf_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Host = Annotated[
    str, typer.Option(help=f"The address to listen on. Off loopback set {TOKEN_VARIABLE}, which requests must bring.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")]
OnNoneText = Annotated[
    str, typer.Option(help="Number for a missing reward where a trainer wants one: mean, raise, or a number.")
]
PluginFiles = Annotated[
    list[Path], typer.Option("--plugin", metavar="FILE", help="A Python file that brings rewards. Repeatable.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes that judge, for each rubric. Default: one a processor, shared out.")
]
Trust = Annotated[
    bool, typer.Option("--trust", help="Allow rubrics to name plugin files, secrets and weaker sandboxes.")
]


@app.command()
def serve(
    rubrics: Annotated[
        list[str], typer.Argument(metavar="RUBRIC…", help="A file, a name of `rewardkit rubrics`, or NAME=FILE.")
    ],
    host: Host = "127.0.0.1",
    port: Port = 8000,
    on_none: OnNoneText = "mean",
    plugins: PluginFiles = [],  # noqa: B006 - typer reads defaults
    trust: Trust = False,  # noqa: FBT002
    sandbox: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sandbox for programs, instead of the rubric's.")
    ] = None,
    map: Annotated[  # noqa: A002 - the option's name
        list[str], typer.Option("--map", metavar="FIELD=COLUMN", help="Column of a field. Repeatable.")
    ] = [],  # noqa: B006
    workers: Workers = None,
    run_code: Annotated[  # noqa: FBT002
        bool, typer.Option("--run-code", help="Also run programs at /run_code, as SandboxFusion does.")
    ] = False,
    queue: Annotated[int, typer.Option(min=1, metavar="ROWS", help="Rows that may wait; then 429.")] = 20_000,
    deadline: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Most time for a request; what is not judged has failed.")
    ] = 300.0,
    max_body: Annotated[int, typer.Option(min=1, metavar="MIB", help="Size of a request's body.")] = 64,
    max_rows: Annotated[int, typer.Option(min=1, metavar="ROWS", help="Rows of a request.")] = 10_000,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Scores that were given before: what is known is not judged again."),
    ] = None,
) -> None:
    """Serve rewards by HTTP: an API of its own, and the shapes of OpenRLHF, slime, NeMo Gym, ORS and SandboxFusion.

    Ends on Ctrl-C or SIGTERM, after it has answered what it accepted.
    """
    settings = Settings(
        token=_token(host),
        queue_rows=queue,
        deadline_s=deadline,
        body_bytes=max_body * MIB,
        bodies_bytes=max(4 * max_body, 256) * MIB,
        rows=max_rows,
    )
    named = {}
    for argument in rubrics:
        name, rubric = _named(argument, trust=trust)
        if name in named:
            raise ConfigError(f"two rubrics are called {name!r}; write OTHER={argument}")
        named[name] = rubric if sandbox is None else rubric.model_copy(update={"sandbox": sandbox})
    listening = _bound(host, port)
    mapping = mapping_of(map)
    server = _server(named, settings, on_none, plugins, workers, mapping=mapping, run_code=run_code, cache=cache)
    typer.echo(f"serving {', '.join(named)} at {_url(host, listening)}")
    server.run(listening)


@openrlhf_app.command()
def serve_openrlhf(
    rubric: Annotated[str, typer.Argument(metavar="RUBRIC", help="The rubric, YAML or TOML.")],
    host: Host = "127.0.0.1",
    port: Port = 8000,
    on_none: OnNoneText = "mean",
    plugins: PluginFiles = [],  # noqa: B006
    workers: Workers = None,
    trust: Trust = False,  # noqa: FBT002
) -> None:
    """Serve RUBRIC's rewards; the same as `rewardkit serve`, and prints OpenRLHF's option."""
    from rewardkit_server.protocols.openrlhf import PATH  # noqa: PLC0415 - FastAPI, for those who serve

    token = _token(host)
    name, loaded = _named(rubric, trust=trust)
    listening = _bound(host, port)
    server = _server({name: loaded}, Settings(token=token), on_none, plugins, workers)
    secret = "?token=…" if token else ""
    typer.echo(f"--reward.remote_url {_url(host, listening)}{PATH}{secret}")
    server.run(listening)


def _token(host: str) -> str:
    from rewardkit_server.serving import check_reachable  # noqa: PLC0415

    token = os.environ.get(TOKEN_VARIABLE, "")
    check_reachable(host, token)
    return token


def _bound(host: str, port: int) -> socket.socket:
    from rewardkit_server.serving import bound  # noqa: PLC0415

    return bound(host, port)


def _server(
    rubrics: dict[str, Rubric],
    settings: Settings,
    on_none: str,
    plugins: list[Path],
    workers: int | None,
    *,
    mapping: dict[str, str] | None = None,
    run_code: bool = False,
    cache: Path | None = None,
) -> "Server":
    from rewardkit_server.serving import Server  # noqa: PLC0415
    from rewardkit_trainers.imputation import checked  # noqa: PLC0415

    return Server(
        rubrics,
        settings,
        on_none=checked(on_none),
        plugins=plugins,
        workers=workers,
        mapping=mapping,
        run_code=run_code,
        cache=cache,
    )


def _named(argument: str, *, trust: bool) -> tuple[str, Rubric]:
    """A rubric and its name: the one before `=`, else that of its file."""
    name, equals, file = argument.partition("=")
    if not equals or Path(argument).exists():
        name, file = Path(argument).stem, argument
    if not name or not name.isprintable() or "/" in name:
        raise ConfigError(f"{argument}: wanted NAME=FILE, with a name that fits into a URL")
    return name, Rubric.load(file, trust=trust)


def _url(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"
