"""The folder of a run where no tmpfs can be mounted: what it takes is looked at, and it goes whatever is in it.

A program chooses names, modes and depth. Nothing here follows a symbolic link of its, and to remove a tree no path
longer than a few names is needed: the folders in a folder are moved up before it goes.
"""

import errno
import os
import stat

BLOCK = 512


def taken(folder: str, most: int) -> tuple[int, int]:
    """Bytes on disk and number of entries beneath `folder`; stops counting past `most` entries.

    While a program runs this is an estimate: what it moves meanwhile is counted twice or not at all. A tree so deep
    that its paths are too long counts as more than `most`.
    """
    size, count = 0, 0
    waiting = [os.fsencode(folder)]
    while waiting and count <= most:
        path = waiting.pop()
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as exc:
            if exc.errno == errno.ENAMETOOLONG:
                return size, most + 1
            continue  # it was removed, or is a link now
        try:
            for name in os.listdir(handle):
                count += 1
                try:
                    status = os.stat(name, dir_fd=handle, follow_symlinks=False)
                except OSError:
                    continue
                size += status.st_blocks * BLOCK
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(os.path.join(path, os.fsencode(name)))
        except OSError:
            continue
        finally:
            os.close(handle)
    return size, count


def nameless(pids: list[int], device: int) -> int:
    """Bytes in files of `device` that have no name any more and that these processes hold open."""
    sizes: dict[int, int] = {}
    for pid in pids:
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue  # it ended just now
        for number in descriptors:
            try:
                status = os.stat(f"/proc/{pid}/fd/{number}")
            except OSError:
                continue
            if status.st_nlink == 0 and status.st_dev == device and stat.S_ISREG(status.st_mode):
                sizes[status.st_ino] = status.st_blocks * BLOCK
    return sum(sizes.values())


def remove(folder: str, aside: str) -> None:
    """Removes a tree that no process writes to any more.

    aside     an empty folder on the same file system; it is empty again afterwards
    """
    waiting = [os.fsencode(folder)]
    moved = 0
    while waiting:
        path = waiting.pop()
        os.chmod(path, 0o700)
        for name in os.listdir(path):
            entry = os.path.join(path, name)
            if stat.S_ISDIR(os.lstat(entry).st_mode):
                os.chmod(entry, 0o700)  # a folder that cannot be written to cannot be moved
                moved += 1
                waiting.append(os.path.join(os.fsencode(aside), b"%d" % moved))
                os.rename(entry, waiting[-1])
            else:
                os.unlink(entry)
        os.rmdir(path)
