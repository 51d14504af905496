"""Lets pip put packages into a folder, apart from any environment."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rewardkit_sandbox.errors import SandboxUnavailableError


def install(requirements: Sequence[str | Path], target: Path) -> None:
    """Installs into `target`, without what is compiled.

    requirements  each as pip reads it, or a file with a list of them
    raises        SandboxUnavailableError with the last line that pip wrote
    """
    asked = [word for one in requirements for word in (("-r", str(one)) if isinstance(one, Path) else (one,))]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    done = subprocess.run(  # noqa: S603 - the user's own list
        [*command, "--target", str(target), *asked], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["no word why"]
        raise SandboxUnavailableError(f"pip did not install {' '.join(map(str, requirements))} ({words[-1][:300]})")
