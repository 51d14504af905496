"""The results of `Scorer.score`: a list that turns into a table.

results = scorer.score(rows)
frame = pandas.concat([frame, results.to_pandas()], axis=1)
"""

from typing import Any

from rewardkit.score import Result


class Results(list[Result]):
    """Results in the order of the samples."""

    def to_dicts(self) -> list[dict[str, Any]]:
        """One flat dict for each result: `reward`, and for each reward by its alias the value, status and reason.

        The columns are `reward`, then `math`, `math.status` and `math.reason` for a reward called `math`;
        of one with several values, `ifeval.strict` and so on too.
        """
        return [
            {"reward": result.reward}
            | {
                column: value
                for alias, score in result.scores.items()
                for column, value in (
                    (alias, score.value),
                    *((f"{alias}.{name}", value) for name, value in (score.values or {}).items()),
                    (f"{alias}.status", score.status),
                    (f"{alias}.reason", score.reason),
                )
            }
            for result in self
        ]

    def to_pandas(self) -> Any:
        """`to_dicts` as a pandas DataFrame, with the rows numbered from 0; a value that is missing is NaN.

        raises  ImportError where pandas is not installed
        """
        import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - for those who ask for it

        return pd.DataFrame(self.to_dicts())

    def _repr_html_(self) -> str:
        """The view in a notebook: how many there are, the mean of each score, and the distribution of the reward."""
        from rewardkit.reporting.notebook import summary_html  # noqa: PLC0415 - for notebooks alone

        return summary_html(self)
