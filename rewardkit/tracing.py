"""A trace of what was loaded and how long it, hooks, workers and rewards took: on standard error, by REWARDKIT_TRACE=1.

rewardkit trace: import of rewardkit-brevity:brevity (/…/rewardkit_brevity/__init__.py): 31.2 ms
rewardkit trace: hook rewardkit_rewards of rewardkit-brevity:brevity: 0.1 ms
rewardkit trace: worker 4711 with math, brevity: 412.0 ms
rewardkit trace: reward math: 1,000 samples, 180.4 ms, 12.3 ms at most
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import Any

import pluggy

VARIABLE = "REWARDKIT_TRACE"
"""Environment variable: `1` traces."""


def enabled() -> bool:
    """True where the environment asks for a trace."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def note(text: str) -> None:
    """Writes a line of the trace."""
    if enabled():
        with suppress(OSError):
            sys.stderr.write(f"rewardkit trace: {text}\n")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Notes how long a block took, also one that raises."""
    began_s = perf_counter()
    try:
        yield
    finally:
        note(f"{what}: {(perf_counter() - began_s) * 1000:,.1f} ms")


def trace_hooks(manager: pluggy.PluginManager) -> None:
    """Notes each call of a hook, with the plugins that implement it."""
    if not enabled():
        return
    began_s: list[float] = []

    def before(*_: Any) -> None:
        began_s.append(perf_counter())

    def after(_: Any, name: str, impls: Any, __: Any) -> None:
        took_ms = (perf_counter() - began_s.pop()) * 1000
        if impls:
            note(f"hook {name} of {', '.join(impl.plugin_name for impl in impls)}: {took_ms:,.1f} ms")

    manager.add_hookcall_monitoring(before, after)


class RewardTimes:
    """How long each reward took, over a run."""

    def __init__(self) -> None:
        self._times: dict[str, tuple[int, float, float]] = {}

    def add(self, elapsed_ms: Mapping[str, float]) -> None:
        """Counts the times of one sample in, by reward."""
        for alias, took_ms in elapsed_ms.items():
            count, total, most = self._times.get(alias, (0, 0.0, 0.0))
            self._times[alias] = (count + 1, total + took_ms, max(most, took_ms))

    def note(self) -> None:
        """Writes a line for each reward."""
        for alias, (count, total, most) in self._times.items():
            note(f"reward {alias}: {count:,} samples, {total:,.1f} ms, {most:,.1f} ms at most")
        self._times = {}
