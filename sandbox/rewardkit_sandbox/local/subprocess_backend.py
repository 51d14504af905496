"""Runs programs without isolation, to debug a verdict on a program that you wrote. Never for a model's programs.

Covered: a wall clock, and rlimits where the system has them. Not covered: everything else. The program can read and
write whatever this user can, keep processes alive, and see whatever runs beside it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.protocol import Job, Limits, RunResult, Sandbox, Script, Usage


class DangerousSubprocess(Sandbox):
    """Scripts only, as `python main.py` in a temporary folder."""

    name = "dangerous-subprocess"
    isolation = "none"
    reduced: tuple[str, ...] = ("everything",)

    def __init__(self) -> None:
        """It has no options."""

    def run(self, job: Job, limits: Limits) -> RunResult:
        if not isinstance(job, Script):
            raise SandboxUnavailableError(f"{self.name} runs Python on standard input only; use bubblewrap")
        started = time.monotonic()
        with (
            tempfile.TemporaryDirectory() as folder,
            subprocess.Popen(  # noqa: S603 - what the class is for
                [sys.executable, "-c", job.source],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                start_new_session=True,
            ) as process,
        ):
            try:
                stdout, stderr = process.communicate(job.stdin, timeout=limits.wall_s)
                late = False
            except subprocess.TimeoutExpired:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
                stdout, stderr = process.communicate()
                late = True
        usage = Usage(wall_s=time.monotonic() - started)
        code = process.returncode
        end = "wall" if late else "signal" if code < 0 else "exit"
        return RunResult(end=end, code=abs(code), stdout=stdout, stderr=stderr, usage=usage)  # type: ignore[arg-type]

    def close(self) -> None:
        """Nothing outlives a run here, unless the program saw to it."""
