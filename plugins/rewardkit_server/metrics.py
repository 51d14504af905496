"""Figures for Prometheus. Labels are aliases, kinds and statuses alone: never a text that a client or a model chose."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE

from rewardkit import Result

__all__ = ["CONTENT_TYPE", "Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        """Starts at 0."""
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "rewardkit_requests", "Requests answered, by HTTP status.", ["status"], registry=self._registry
        )
        self.seconds = Histogram(
            "rewardkit_request_seconds", "Seconds from a request to its answer.", registry=self._registry,
            buckets=_SECONDS,
        )  # fmt: skip
        self._scores = Counter(
            "rewardkit_scores", "Scores given, by alias, status and kind.", ["alias", "status", "kind"],
            registry=self._registry,
        )  # fmt: skip
        self.imputed = Counter(
            "rewardkit_imputed", "Rewards that were missing, in whose place a trainer got another number.",
            registry=self._registry,
        )  # fmt: skip
        self.batches = Counter(
            "rewardkit_batches", "Batches judged; requests that came together are one.", registry=self._registry
        )
        self.rows = Gauge("rewardkit_rows_waiting", "Rows accepted and not answered yet.", registry=self._registry)

    def count(self, results: Iterable[Result]) -> None:
        """Counts the scores of results."""
        for result in results:
            for alias, score in result.scores.items():
                self._scores.labels(alias, score.status, score.kind).inc()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)
