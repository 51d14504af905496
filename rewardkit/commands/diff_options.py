"""The options of `rewardkit diff`."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from rewardkit.commands import complete
from rewardkit.commands.options import EngineOptions, WatchOptions
from rewardkit.commands.select_options import JudgementOptions
from rewardkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class DiffOptions(JudgementOptions, EngineOptions, WatchOptions):
    """Options of `rewardkit diff`."""

    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A scored file, a trainer's dump, or a rubric (.yaml, .toml, a name).")
    ]
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same, to compare with.")]
    rows: Annotated[
        list[str], typer.Argument(metavar="FILES", help="Rollouts that rubrics judge, where OLD and NEW bring none.")
    ] = field(default_factory=list)
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Also write a report: .html, .md or .json; .jsonl: every row whose verdict changed.",
        ),
    ] = None
    key: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column that names a row in both files. Default: prompt and completion."),
    ] = None
    first: Annotated[int, typer.Option(min=0, metavar="N", help="Changed verdicts to show.")] = 5
    fail_over: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Exit with 1 if more verdicts changed, such as 0.5%.")
    ] = None
    advantages: Annotated[
        str, typer.Option(metavar="NAME", help="Estimator of the advantages.", autocompletion=complete.estimators)
    ] = "grpo"
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON on standard output.")] = False

    @property
    def limit(self) -> float | None:
        """`--fail-over` as a share.

        raises  ConfigError
        """
        if self.fail_over is None:
            return None
        text = self.fail_over.strip()
        try:
            value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise ConfigError(f"--fail-over {self.fail_over}: write a share such as 0.5% or 0.005")
        return value
