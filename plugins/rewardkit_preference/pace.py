"""The pace of requests: how many of them, or of their tokens, begin in a minute. Pure."""


class Pace:
    """The moments at which work may begin, evenly spread over time."""

    def __init__(self, per_minute: float | None) -> None:
        """Nothing has begun yet.

        per_minute  most units of work, requests or tokens, that begin in a minute; None: no limit
        """
        self._unit_s = 60 / per_minute if per_minute else 0.0
        self._next_s = 0.0

    def next_s(self, now: float) -> float:
        """The moment at which the next piece of work may begin."""
        return max(now, self._next_s)

    def begin(self, at: float, units: float = 1.0) -> None:
        """Counts work that begins at a moment; what comes next waits until its time is over."""
        self._next_s = at + units * self._unit_s

    def correct(self, units: float) -> None:
        """Counts units that work took beyond its estimate; a negative number gives back what it did not take."""
        self._next_s += units * self._unit_s
