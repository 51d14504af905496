"""`rewardkit sandbox`: what has to be made before a sandbox can be used."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rewardkit import ConfigError, InfrastructureError

app = typer.Typer(no_args_is_help=True, help="The sandboxes that programs run in.")


class Language(StrEnum):
    """Languages that an image can run besides Python."""

    C = "c"
    CPP = "c++"
    GO = "go"
    JAVA = "java"
    JAVASCRIPT = "javascript"
    RUST = "rust"
    TYPESCRIPT = "typescript"


@app.callback()
def main() -> None:
    """The sandboxes that programs run in."""


@app.command()
def build(
    packages: Annotated[
        list[str] | None, typer.Argument(help="Packages for programs to import, such as numpy 'pandas>=2'.")
    ] = None,
    requirements: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="List of such packages, as pip reads it.")
    ] = None,
    local: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--local", help="For bubblewrap and landlock, instead of an image: packages alone.")
    ] = False,
    languages: Annotated[
        list[Language] | None,
        typer.Option("--language", help="This machine's compiler or runtime, as well; repeatable."),
    ] = None,
    tag: Annotated[
        str | None, typer.Option(help="Name of the image, which a rubric's `image` then names; the default's if none.")
    ] = None,
) -> None:
    """Make the image of the sandbox `docker`, or with --local the packages of the sandboxes without an image.

    The image is made from this machine's own Python, without a registry.
    """
    from rewardkit_sandbox import SandboxUnavailableError, build_image, build_packages  # noqa: PLC0415 - for this alone

    wanted = [*(packages or ()), *([requirements] if requirements else ())]
    if local and (languages or tag):
        raise ConfigError("--local builds packages alone; languages come from /usr, and there is no image to name")
    if local and not wanted:
        raise ConfigError("--local builds packages: name some, or a file of them with --requirements")
    try:
        if local:
            made = build_packages(wanted)
            state = "made" if made.new else "there already, with the same content"
            names = ", ".join(made.packages.requested)
            typer.echo(f"{state}: {made.packages}\nfor rubrics with `sandbox: {{packages: [{names}]}}`")
            return
        built = build_image(tag, requirements=wanted, languages=languages or [])
    except SandboxUnavailableError as exc:
        raise InfrastructureError(str(exc)) from exc
    did = "made" if built.made else "was there already, with the same content"
    typer.echo(f"{built.name} {did} ({built.digest})")
