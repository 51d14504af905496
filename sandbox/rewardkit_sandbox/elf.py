"""Reads what an ELF file of 64 bits asks of its surroundings: its dynamic loader, and the libraries that it names."""

import struct
from pathlib import Path

MAGIC = b"\x7fELF"
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB = 1, 5


def is_elf(path: Path) -> bool:
    """True if the file starts as an executable or a shared library does."""
    try:
        with path.open("rb") as file:
            return file.read(4) == MAGIC
    except OSError:
        return False


def loader(path: Path) -> str:
    """The dynamic loader that an executable names; empty for one that needs none."""
    data = path.read_bytes()
    for kind, offset, _, size in _segments(data):
        if kind == PT_INTERP:
            return data[offset : offset + size].rstrip(b"\0").decode()
    return ""


def needed(path: Path) -> list[str]:
    """Names of the shared libraries that a file loads, without those that they load in turn."""
    data = path.read_bytes()
    segments = _segments(data)
    names: list[int] = []
    strings = 0
    for kind, offset, _, size in segments:
        if kind == PT_DYNAMIC:
            for tag, value in struct.iter_unpack("<QQ", data[offset : offset + size - size % 16]):
                if tag == DT_NEEDED:
                    names.append(value)
                elif tag == DT_STRTAB:
                    strings = value
    for kind, offset, address, size in segments:
        if kind == PT_LOAD and address <= strings < address + size:
            strings += offset - address
            break
    return [data[strings + name : data.index(b"\0", strings + name)].decode() for name in names]


def _segments(data: bytes) -> list[tuple[int, int, int, int]]:
    """Kind, offset in the file, address and size in the file of each segment."""
    start, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    found = []
    for at in range(start, start + size * count, size):
        (kind,) = struct.unpack_from("<I", data, at)
        offset, address, _, length = struct.unpack_from("<4Q", data, at + 8)
        found.append((kind, offset, address, length))
    return found
