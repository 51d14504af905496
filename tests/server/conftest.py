"""Servers for the tests: real ones, in threads, on free ports of loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from rewardkit import Rubric
from rewardkit_server.serving import Server
from rewardkit_server.settings import Settings

MOODY = Path(__file__).parents[1] / "trainers" / "moody.py"
RUBRIC: dict[str, Any] = {"rewards": {"moody": {}, "format": {"weight": 0.5}}}


@contextmanager
def served(rubrics: dict[str, Any], settings: Settings | None = None, **options: Any) -> Iterator[str]:
    """The URL of a server of these rubrics."""
    named = {name: Rubric.of(rubric) for name, rubric in rubrics.items()}
    server = Server(named, settings or Settings(), **{"plugins": [MOODY], "workers": 1} | options)
    try:
        with server.in_background() as url:
            yield url
    finally:
        server.close()


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A server of one rubric."""
    with served({"moody": RUBRIC}, run_code=True) as address:
        yield address


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts servers that end with the test."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(served(*args, **options))
