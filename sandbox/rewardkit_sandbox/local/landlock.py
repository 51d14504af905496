"""The backend for machines that forbid user namespaces: Landlock, seccomp and limits, with reduced isolation.

Nothing is mounted and no namespace is made. A run is a process of this user (of one that owns nothing, for root) that
may open a folder of its own, the machine's programs and the interpreter, and nothing else; it can reach no network, no
socket and no other process. What it can still see is listed in `reduced`, in the line that every verdict
carries, and at length in sandbox/README.md. It is taken only where a rubric allows it.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from rewardkit_sandbox import seccomp
from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.interpreter import find_interpreter, find_reachable_interpreter
from rewardkit_sandbox.jobs import ENVIRONMENT, PATH, handshake
from rewardkit_sandbox.local.backend import LocalBackend
from rewardkit_sandbox.local.bwrap_command import FIRST_UID, STAGES, UIDS

LEAST_ABI = 3
"""Before it, any program could cut the files that its user may write to, wherever they are."""
SCOPED_ABI = 6
CAP_SYS_ADMIN = 21
ENDS_WITHIN_S = 30.0


class Landlock(LocalBackend):
    """A sandbox without namespaces. A run takes a few milliseconds."""

    name = "landlock"
    reduced: tuple[str, ...] = ("process numbers", "metadata", "disk")

    def __init__(self) -> None:
        """Starts the zygote. Raises SandboxUnavailableError, with the fix."""
        self._abi = landlock_abi()
        super().__init__()
        limited = "root's rights dropped, " if os.geteuid() == 0 else ""
        signals = "" if self._abi >= SCOPED_ABI else ", no signals between processes of a run"
        self.isolation = (
            "reduced isolation: no namespaces, so programs see process numbers and metadata of the machine, and disk "
            f"is watched; {limited}Landlock ABI {self._abi}{signals}, seccomp, rlimits, {self._held()}"
        )

    def _handshake(self) -> bytes:
        if self._abi < LEAST_ABI:
            found = f"Landlock ABI {self._abi}" if self._abi else "no Landlock"
            raise SandboxUnavailableError(
                f"the kernel has {found}, {LEAST_ABI} is needed",
                "use Linux 6.2 or newer, with landlock among the modules that its parameter lsm= lists",
            )
        try:
            bpf = seccomp.program(shared=True, signals=self._abi >= SCOPED_ABI)
        except KeyError as exc:
            raise SandboxUnavailableError(f"no filter of system calls for {platform.machine()}") from exc
        # A user that owns nothing can write where everybody can.
        own = [os.environ["TMPDIR"]] if os.environ.get("TMPDIR") and os.geteuid() != 0 else []
        places = [*own, "/tmp", "/var/tmp", "/dev/shm"]  # noqa: S108 - each run gets a folder of its own
        return handshake("zygote.landlock_zygote", bpf=bpf, abi=self._abi, folders=places, own=seccomp.OWN)

    def _command(self, boot: Sequence[str], group: str) -> tuple[list[str], dict[str, str]]:
        python = find_interpreter()
        launcher: list[str] = []
        prefix = python.prefix
        if os.geteuid() == 0:
            sources: list[str] = []
            stage = next((path for path in STAGES if Path(path).is_dir()), "")
            if not python.reachable:
                if stage and may_mount():
                    sources, prefix = [prefix], f"{stage}/0"
                else:
                    python = find_reachable_interpreter()
                    prefix = python.prefix
            text = resources.files("rewardkit_sandbox.local").joinpath("drop_root.py").read_text()
            uid = str(FIRST_UID + os.getpid() % UIDS)
            launcher = [sys.executable, "-I", "-S", "-c", text, group, uid, stage, *sources, "--"]
        self.interpreter = python.path
        environment = {**ENVIRONMENT, "PATH": PATH}
        if python.bound:
            environment["LD_LIBRARY_PATH"] = f"{prefix}/lib"
        return [*launcher, f"{prefix}/{python.name}", *boot], environment

    def _advice(self) -> str:
        return "see that TMPDIR or /tmp can be written to, and that root may change its user (CAP_SETUID, CAP_SETGID)"

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()  # the guard: it ends the zygote and all runs, and removes their folders
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def landlock_abi() -> int:
    """The version of Landlock that this kernel offers; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    from rewardkit_sandbox.guest.confinement import landlock  # noqa: PLC0415 - loads the C library of Linux

    return landlock.abi()


def may_mount() -> bool:
    """True if this process may make a mount namespace without a user namespace."""
    status = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    effective = next((line.split()[1] for line in status if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)
