"""`rewardkit doctor`: what works on this machine, what is missing, and the one command that fixes it."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata

from rewardkit.commands import console
from rewardkit.commands.options import DoctorOptions
from rewardkit.commands.plain import GAP, aligned, write
from rewardkit.hooks import Finding
from rewardkit.registry.registry import load_registry
from rewardkit.text import one_line
from rewardkit.workers.processors import default_workers

EXTRAS = {
    "parquet": ("pyarrow", "reads and writes Parquet"),
    "preference": ("transformers", "judges by a reward model"),
    "trl": ("trl", "trains by a rubric"),
    "cuda": ("cuda-core", "scores log-probs by kernels of our own"),
}
"""Extras: the package by which each is known, and its purpose."""

NAMESAKE = "harbor-rewardkit"
"""Another distribution that overwrites our files (see `rewardkit_command`)."""

STATE_WIDTH = len("missing")


def run(options: DoctorOptions) -> int:
    """Prints the findings; returns the exit code."""
    findings = [*_core(), *_plugins(everything=options.all)]
    if options.json:
        console.json([{"name": f.name, "state": f.state, "found": f.found, "fix": f.fix} for f in findings])
    else:
        _print(findings)
    return int(any(finding.state == "broken" for finding in findings))


def _print(findings: Sequence[Finding]) -> None:
    """Each finding in its columns; below it the command that fixes it, alone and unbroken, so that it can be copied."""
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        write(aligned([(finding.state.ljust(STATE_WIDTH), finding.name.ljust(width), finding.found)]))
        if finding.fix:
            write(f"{' ' * (STATE_WIDTH + GAP)}{one_line(finding.fix)}\n")


def _core() -> Iterator[Finding]:
    """Findings about the core itself: its version, its processors, its extras."""
    yield Finding("rewardkit", "ok", metadata.version("rewardkit"))
    if version := _version(NAMESAKE):
        found = f"{version} is installed too: it has an import package and a command of our name, and one has replaced "
        found += f"files of the other; keep it apart by `uv tool install {NAMESAKE}`"
        fix = f"pip uninstall -y {NAMESAKE} && pip install --force-reinstall --no-deps rewardkit"
        yield Finding(NAMESAKE, "broken", found, fix)
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Finding("workers", "ok", f"{default_workers()} of {os.cpu_count()} processors may be used")
    if sys.platform == "linux":
        yield Finding("memory limit", "ok", "enforced for each worker")
    else:
        yield Finding("memory limit", "missing", f"not enforced on {sys.platform}", "judge on Linux where that matters")
    for extra, (package, purpose) in EXTRAS.items():
        if version := _version(package):
            yield Finding(f"extra {extra}", "ok", f"{package} {version}: {purpose}")
        else:
            fix = f"pip install 'rewardkit[{extra}]'"
            yield Finding(f"extra {extra}", "missing", f"{package} is not installed: {purpose}", fix)
    yield _cuda()


def _cuda() -> Finding:
    if not shutil.which("nvidia-smi"):
        return Finding("cuda", "missing", "no NVIDIA driver: models run on the CPU", "use a machine with a GPU")
    version = _version("torch")
    if version is None:
        return Finding("cuda", "missing", "a driver, but no PyTorch", "pip install torch")
    return Finding("cuda", "ok", f"an NVIDIA driver and PyTorch {version}")


def _plugins(*, everything: bool) -> Iterator[Finding]:
    """Faults of the plugins, and their own findings; `everything` loads those of other distributions too."""
    registry = load_registry()
    registry.load_built_ins()
    if everything:
        registry.load_distributions(None)
    names = sorted({reward.distribution for reward in registry.rewards})
    yield Finding("plugins", "ok", f"{len(registry.rewards)} rewards from {', '.join(names)}")
    if others := sorted({offer.distribution for offer in registry.not_loaded}):
        yield Finding("more plugins", "ok", f"not loaded: {', '.join(others)} (`rewardkit doctor --all` loads them)")
    for problem in registry.problems:
        yield Finding(f"plugin {problem.plugin}", "broken", problem.found, problem.fix)
    yield from registry.findings()


def _version(distribution: str) -> str | None:
    """The version that is installed; a folder that happens to have the package's name is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
