"""The lock files name every package that the demo and CI install, in a version that pyproject.toml allows."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
CI_EXTRAS = re.search(r"^CI_EXTRAS = (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
UNLOCKED = {"torch": "its builds differ from machine to machine"}


def locked(name: str) -> dict[str, list[str]]:
    """Versions by package, and no package without a hash."""
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements" / name).read_text().strip()):
        package, version = re.match(r"([\w.-]+)==(\S+)", entry).groups()
        assert "--hash=sha256:" in entry, package
        found.setdefault(canonicalize_name(package), []).append(version)
    return found


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("demo.lock", PROJECT["dependencies"]),
        ("ci.lock", PROJECT["dependencies"] + [requirement for extra in CI_EXTRAS for requirement in EXTRAS[extra]]),
    ],
)
def test_a_lock_holds_a_version_that_the_project_allows(lock, requirements):
    versions = locked(lock)
    wrong = []
    for requirement in map(Requirement, requirements):
        name = canonicalize_name(requirement.name)
        if name in UNLOCKED:
            continue
        found = versions.get(name, [])
        if not any(requirement.specifier.contains(version, prereleases=True) for version in found):
            wrong.append(f"{requirement}: {found or 'not there'}")
    assert not wrong, f"`make lock` makes requirements/{lock} anew: {wrong}"


def test_ci_installs_nothing_without_a_hash_but_pytorch():
    lines = [
        line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.strip().startswith("install ")
    ]
    assert [line for line in lines if "--require-hashes" not in line] == [
        "install torch==2.13.0",
        "install --no-build-isolation -e .",
    ]
