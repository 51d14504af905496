"""The options of `rewardkit audit`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from rewardkit.auditing.findings import LEVELS
from rewardkit.commands import complete
from rewardkit.commands.options import AsJson, RewardOptions, RowOptions


def levels() -> list[str]:
    """The levels of findings, for completion in shells."""
    return list(LEVELS)


@dataclass(frozen=True, kw_only=True)
class AuditOptions(RewardOptions, RowOptions):
    """Options of `rewardkit audit`."""

    rubric: Annotated[
        str, typer.Argument(metavar="RUBRIC", autocompletion=complete.rubrics, help="A YAML or TOML file, or a name.")
    ]
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES", help="Rows of the task: prompts and ground truths, and rollouts if any."),
    ]
    tasks: Annotated[int, typer.Option(min=1, metavar="N", help="Questions to attack, chosen by --seed.")] = 20
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the choice of questions.")] = 0
    attack: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="A file.py or an installed plugin that brings attacks. Repeatable."),
    ] = field(default_factory=list)
    skip: Annotated[list[str], typer.Option(metavar="ATTACK", help="An attack to leave out. Repeatable.")] = field(
        default_factory=list
    )
    fail_on: Annotated[
        str, typer.Option(metavar="LEVEL", help="Exit with 1 from this level on.", autocompletion=levels)
    ] = "warning"
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Findings that are accepted: they are counted, and fail nothing."),
    ] = None
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Accept all findings: write them to --baseline.")
    ] = False
    sarif: Annotated[Path | None, typer.Option(metavar="FILE", help="Write SARIF, for code scanning.")] = None
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML, for CI.")] = None
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Worker processes. Default: one for each processor.")
    ] = None
    engine: Annotated[
        str,
        typer.Option(
            metavar="ENGINE", help="What judges: local, or the URL of a `rewardkit serve` of the same rubric."
        ),
    ] = "local"
    list: Annotated[bool, typer.Option("--list", help="List the attacks.")] = False
    redact: Annotated[
        bool, typer.Option("--redact", help="Show no text of prompts and completions on the terminal.")
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors, warnings and results only.")] = False
    json: AsJson = False
