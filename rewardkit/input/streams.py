"""The unpacked bytes of a file: plain, gzip, zstd, or standard input.

The first bytes decide, not the name: a gzip that is called `.jsonl` is read, and so is one that comes down a pipe.
Nothing is held: a reader that asks for little gets little, however far the content unpacks. A packed stream that ends
before its own end mark is an error, never a shorter file.
"""

import contextlib
import difflib
import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from rewardkit.errors import InputError

STDIN = "standard input"
PARQUET_MAGIC = b"PAR1"

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_PIECE = 2048
"""Bytes of a zstd stream that are unpacked at once: at its densest, 32,000 to 1, they make 64 MiB."""
_BUFFER = 1 << 18


def source_name(path: str | Path) -> str:
    """The file's name in messages; `-` is standard input."""
    return STDIN if str(path) == "-" else str(path)


@contextlib.contextmanager
def open_bytes(path: str | Path) -> Iterator[tuple[BinaryIO, bytes]]:
    """The unpacked bytes of `path`, and the first four bytes of the file itself; `-` is standard input.

    raises  InputError for a file that is missing, a folder, or not readable, and for every error while the
            caller reads
    """
    source = source_name(path)
    piped = str(path) == "-"
    try:
        if not piped and Path(path).is_dir():
            raise InputError(f"{source}: is a folder; name the files in it")
        with contextlib.ExitStack() as stack:
            file = sys.stdin.buffer if piped else stack.enter_context(Path(path).open("rb"))
            magic = _read_fully(file, len(PARQUET_MAGIC))
            yield stack.enter_context(_unpacked(_Rejoined(magic, file), magic)), magic
    except FileNotFoundError as error:
        raise InputError(f"{source}: no such file{_nearest(Path(path))}") from error
    except PermissionError as error:
        raise InputError(f"{source}: may not be read (permission denied); `chmod u+r` it, or ask its owner") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{source}: the compressed stream is cut off or damaged ({error}); make or copy the file again"
        ) from error
    except OSError as error:
        raise InputError(f"{source}: cannot be read: {error.strerror or error}") from error


def packer(suffix: str, target: BinaryIO) -> contextlib.AbstractContextManager[Any]:
    """Packs what is written to it into `target`, which stays open: the same bytes for the same content, always.

    suffix  `.gz` or `.zst`
    """
    if suffix == ".gz":
        return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=target, mtime=0)
    import zstandard  # noqa: PLC0415 - only files that need it wait for it

    return zstandard.ZstdCompressor(write_checksum=True).stream_writer(target, closefd=False)


def _read_fully(file: BinaryIO, size: int) -> bytes:
    """The first `size` bytes, fewer only where the file ends: a pipe may hand them out one by one."""
    data = b""
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data


def _unpacked(packed: "_Rejoined", magic: bytes) -> BinaryIO:
    if magic.startswith(_GZIP_MAGIC):
        return io.BufferedReader(gzip.GzipFile(fileobj=io.BufferedReader(packed, _BUFFER), mode="rb"), _BUFFER)
    if magic == _ZSTD_MAGIC:
        return io.BufferedReader(_Zstd(io.BufferedReader(packed, _BUFFER)), _BUFFER)
    return io.BufferedReader(packed, _BUFFER)


def _nearest(path: Path) -> str:
    try:
        names = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return f"; there is no folder {str(path.parent)!r} either"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean {str(path.with_name(near[0]))!r}?" if near else ""


class _Rejoined(io.RawIOBase):
    """The head that was looked at, and then the rest: standard input cannot be wound back."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if self._head:
            size = min(len(buffer), len(self._head))
            buffer[:size], self._head = self._head[:size], self._head[size:]
            return size
        return self._rest.readinto(buffer)  # type: ignore[attr-defined, no-any-return]


class _Zstd(io.RawIOBase):
    """Unpacks zstd frames one after another.

    zstandard's own stream reader ends quietly where a frame is cut off; this one raises EOFError there.
    """

    def __init__(self, packed: BinaryIO) -> None:
        import zstandard  # noqa: PLC0415 - only files that need it wait for it

        self._new_frame = zstandard.ZstdDecompressor().decompressobj
        self._error = zstandard.ZstdError
        self._packed = packed
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._unpacked = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._unpacked:
            piece = self._packed.read(_ZSTD_PIECE)
            if not piece:
                if self._frame is not None:
                    raise EOFError("the last zstd frame has no end")
                return 0
            self._unpacked = memoryview(self._inflate(piece))
        size = min(len(buffer), len(self._unpacked))
        buffer[:size], self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return size

    def _inflate(self, piece: bytes) -> bytes:
        unpacked = []
        try:
            while piece:
                frame = self._frame or self._new_frame()
                unpacked.append(frame.decompress(piece))
                piece = frame.unused_data if frame.eof else b""
                self._frame = None if frame.eof else frame
        except self._error as error:
            raise EOFError(str(error)) from error
        return b"".join(unpacked)
