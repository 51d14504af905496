"""A kernel cut to what one call asks of it: its source text and the macros that say which parts to compile."""

from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

Name = Literal["fold", "differentiate", "scale_rows"]

BLOCK = 512
"""Threads of a block, as in tile.cuh."""
COLUMNS = 8192
"""Widest tile that the kernels hold in registers, as in tile.cuh."""


class Variant(NamedTuple):
    """Which kernel, and which of its parts."""

    name: Name
    vectors: bool = False
    """Rows start at 16 bytes (at 8, those of a two-byte type), and their length is a multiple of four."""
    bias: bool = False
    softcap: bool = False
    entropy: bool = False
    squares: bool = False
    mean: bool = False
    before: bool = False
    exponentials: bool = False
    number: Literal["float", "bfloat16", "float16"] = "float"
    """Type of the matrix that the kernel writes."""

    @property
    def macros(self) -> dict[str, str]:
        """Values of the REWARDKIT_… macros."""
        parts = self._asdict()
        del parts["name"]
        return {f"REWARDKIT_{part.upper()}": str(value).lower() for part, value in parts.items()}


@cache
def read(name: str) -> str:
    """A source file of this folder, such that a compiler's messages name its lines."""
    return f'#line 1 "{name}"\n' + Path(__file__).with_name(name).read_text(encoding="utf-8")


def source(variant: Variant) -> str:
    """CUDA C++ for NVRTC, which needs no header of the toolkit for it."""
    return read("numbers.cuh") + read("tile.cuh") + read(f"{variant.name}.cu")
