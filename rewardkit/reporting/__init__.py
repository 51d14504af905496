"""Judged rows as one HTML file that works without a network.

    from rewardkit.reporting import report

    report(["scored.jsonl"], "report.html")

Names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardkit.reporting.plots import plots as plots
    from rewardkit.reporting.run import report as report

_MODULE_OF = {"plots": "plots", "report": "run"}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - as in the package above


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rewardkit.reporting' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rewardkit.reporting.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
