"""The options of `rewardkit report`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from rewardkit.commands.options import RowOptions


@dataclass(frozen=True, kw_only=True)
class ReportOptions(RowOptions):
    """Options of `rewardkit report`."""

    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES", help="Outputs of `rewardkit score`, journals, dumps with a column of rewards."),
    ]
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The HTML file.")] = Path("report.html")
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its heading. Default: the files' names.")] = None
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first rows.")] = None
    svg: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the main plots as SVG files, for papers.")
    ] = None
    open: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False
