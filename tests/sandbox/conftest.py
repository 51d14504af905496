"""The sandboxes that tests are run in, one of each kind; one that does not work here fails where all are required."""

import os

import pytest

from rewardkit_sandbox import SandboxUnavailableError, open_sandbox

CHOICES = {
    "bubblewrap": "bubblewrap",
    "landlock": {"backend": "landlock", "reduced_isolation": True},
}


def opened(name):
    """A fresh sandbox; skips where it cannot be had and need not be."""
    try:
        return open_sandbox(CHOICES[name])
    except SandboxUnavailableError as exc:
        if os.environ.get("REWARDKIT_REQUIRE_ALL"):
            raise
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def open_one():
    """Opens a sandbox by the name of its backend: what a test closes itself, or opens several of."""
    return opened


@pytest.fixture(scope="session")
def shared():
    """One sandbox of each backend for all tests that leave it as it was."""
    there = {}

    def get(name):
        if name not in there:
            there[name] = opened(name)
        return there[name]

    yield get
    for sandbox in there.values():
        sandbox.close()
