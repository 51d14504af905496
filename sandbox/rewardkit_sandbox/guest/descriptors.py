"""Whole reads and writes on descriptors, and sealed memory files."""

import os

PIECE = 1 << 20


def write_all(descriptor: int, data: bytes) -> None:
    """Writes every byte. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def read_exactly(descriptor: int, size: int) -> bytes:
    """The next `size` bytes. Raises EOFError where the other side has closed."""
    pieces = []
    while size:
        piece = os.read(descriptor, min(size, PIECE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def read_file(descriptor: int) -> bytes:
    """The content of a file, wherever its position is."""
    size = os.fstat(descriptor).st_size
    data = b""
    while len(data) < size:  # one read gives at most 2 GiB
        data += os.pread(descriptor, size - len(data), len(data))
    return data


def memory_file(label: str = "rewardkit") -> int:
    """An empty file that has no name; `label` is what /proc shows of it."""
    return os.memfd_create(label, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def seal(descriptor: int) -> None:
    """Lets nobody change the file any more, and moves its position to the start."""
    import fcntl  # not on Windows, where this module must import

    os.lseek(descriptor, 0, os.SEEK_SET)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


def sealed(data: bytes, label: str = "rewardkit") -> int:
    """A descriptor whose bytes nobody can change."""
    descriptor = memory_file(label)
    write_all(descriptor, data)
    seal(descriptor)
    return descriptor
