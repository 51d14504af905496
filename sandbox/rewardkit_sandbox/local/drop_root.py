"""Starts a sandbox for a caller that is root, without any of root's rights.

Run as a script of its own, in a process that then becomes bwrap, or the interpreter of a sandbox without namespaces.

Run as root, bwrap keeps root's user inside, and a fresh /proc then gives write access to the host's sysctls. So this
process first becomes a user that owns nothing. What must be arranged before that, while it still can: the interpreter
and bwrap may lie where nobody but root can go (a home of mode 0700), so both are bound, in a mount namespace of this
process alone, to a place where the new user can reach them. Where there is nothing to bind, no namespace is made.

    python drop_root.py GROUP UID STAGE SOURCE... -- COMMAND...

GROUP    files through which cgroups are joined, with colons between them; may be empty
UID      user and group to become
STAGE    an existing folder that the binds may cover
SOURCE   folders that appear as STAGE/0, STAGE/1, …
COMMAND  what to execute then

The namespace, and with it the binds, end with the last process that uses them: nothing is left to clean up.
"""

import ctypes
import os
import sys

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 32, 4096, 16384, 1 << 18


def check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        sys.exit(f"{call}: {os.strerror(number)}")


def bind(stage: str, sources: list[str]) -> None:
    """Makes the folders appear on `stage`, in a mount namespace of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    check(libc.unshare(CLONE_NEWNS), "a mount namespace")
    check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "private mounts")
    handles = [os.open(source, os.O_PATH | os.O_DIRECTORY) for source in sources]
    check(libc.mount(b"tmpfs", stage.encode(), b"tmpfs", MS_NOSUID, b"size=64k,mode=0755"), f"a tmpfs on {stage}")
    for number, handle in enumerate(handles):
        target = f"{stage}/{number}"
        os.mkdir(target)  # noqa: PTH102 - a launcher imports next to nothing
        check(libc.mount(f"/proc/self/fd/{handle}".encode(), target.encode(), None, MS_BIND | MS_REC, None), target)
        os.close(handle)


def main(group: str, uid: int, stage: str, sources: list[str], command: list[str]) -> None:
    for path in filter(None, group.split(":")):
        with open(path, "w") as procs:  # noqa: PTH123 - a launcher imports next to nothing
            procs.write("0")
    if sources:
        bind(stage, sources)
    os.chdir("/")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execv(command[0], command)  # noqa: S606 - no shell is what we want


if __name__ == "__main__":
    split = sys.argv.index("--")
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:split], sys.argv[split + 1 :])
