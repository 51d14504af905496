"""Every backend that isolates passes every check that it claims, as root and as an ordinary user."""

import json
import os
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
def test_a_backend_conforms_for_an_ordinary_user(choice, open_one, for_everybody):
    groups = []
    if choice == "docker":
        open_one("docker").close()
        address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        if address.startswith("unix://"):
            groups = [Path(address.removeprefix("unix://")).stat().st_gid]  # whoever may use the engine is in it
    done = for_everybody(AS_USER, "64321", json.dumps(choice), json.dumps(groups))
    assert done.stdout == "conforms\n", done.stdout + done.stderr[-2000:]
