"""`rewardkit sandbox`: what has to be made before a sandbox can be used."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rewardkit import InfrastructureError

app = typer.Typer(no_args_is_help=True, help="The sandboxes that programs run in.")


class Language(StrEnum):
    """Languages that an image can run besides Python."""

    C = "c"
    CPP = "c++"
    JAVASCRIPT = "javascript"


@app.callback()
def main() -> None:
    """The sandboxes that programs run in."""


@app.command()
def build(
    requirements: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="List of packages for pip, such as numpy, for programs to use."),
    ] = None,
    languages: Annotated[
        list[Language] | None,
        typer.Option("--language", help="This machine's gcc, g++ or node, as well; repeatable."),
    ] = None,
    tag: Annotated[
        str | None, typer.Option(help="Name of the image, which a rubric's `image` then names; the default's if none.")
    ] = None,
) -> None:
    """Make the image of the sandbox `docker` from this machine's own Python, without a registry."""
    from rewardkit_sandbox import SandboxUnavailableError, build_image  # noqa: PLC0415 - for this command alone

    try:
        built = build_image(tag, requirements=requirements, languages=languages or [])
    except SandboxUnavailableError as exc:
        raise InfrastructureError(str(exc)) from exc
    did = "made" if built.made else "was there already, with the same content"
    typer.echo(f"{built.name} {did} ({built.digest})")
