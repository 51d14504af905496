"""An assembler for classic BPF whose jumps go to labels: nobody counts instructions.

    code = Assembler()
    code.load(NR)
    code.jump_if_equal(41, "socket")
    code.give(ALLOW)
    code.label("socket")
    …
    code.assembled()

Each instruction is a struct sock_filter. Jumps go forward only and at most 255 instructions far, as in the kernel;
anything else is an error here and not a hole there. Source of the layout: linux/filter.h, linux/bpf_common.h.
"""

import itertools
import struct
from collections.abc import Iterable

INSTRUCTION = struct.Struct("=HBBI")  # code, steps if true, steps if false, operand
LOAD, AND, RETURN = 0x20, 0x54, 0x06
JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT = 0x15, 0x35, 0x45
FARTHEST = 255


class Assembler:
    """Instructions in order, and the labels that jumps name."""

    def __init__(self) -> None:
        self._code: list[tuple[int, int, str, str]] = []
        self._labels: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def fresh(self, what: str) -> str:
        """A label that nobody else has."""
        return f"{what} {next(self._numbers)}"

    def label(self, name: str) -> None:
        """Names the next instruction. Raises ValueError for a name that is taken."""
        if name in self._labels:
            raise ValueError(f"the label {name!r} stands twice")
        self._labels[name] = len(self._code)

    def load(self, offset: int) -> None:
        """Loads a word of struct seccomp_data, to which what follows applies."""
        self._code.append((LOAD, offset, "", ""))

    def mask(self, bits: int) -> None:
        """Keeps these bits of the word."""
        self._code.append((AND, bits, "", ""))

    def give(self, action: int) -> None:
        """Ends the filter with an action."""
        self._code.append((RETURN, action, "", ""))

    def jump_if_equal(self, value: int, to: str) -> None:
        """Goes to a label where the word is `value`, else to the next instruction."""
        self._code.append((JUMP_EQUAL, value, to, ""))

    def jump_unless_equal(self, value: int, to: str) -> None:
        self._code.append((JUMP_EQUAL, value, "", to))

    def jump_if_at_least(self, value: int, to: str) -> None:
        self._code.append((JUMP_GREATER_EQUAL, value, to, ""))

    def jump_if_any_bit(self, bits: int, to: str) -> None:
        self._code.append((JUMP_ANY_BIT, bits, to, ""))

    def give_if_one_of(self, values: Iterable[int], action: int, otherwise: int) -> None:
        """Ends the filter: with `action` where the word is one of `values`, else with `otherwise`."""
        found = self.fresh("one of")
        for value in values:
            self.jump_if_equal(value, found)
        self.give(otherwise)
        self.label(found)
        self.give(action)

    def give_by_range(self, ranges: list[tuple[int, int]], action: int, otherwise: int) -> None:
        """Ends the filter: with `action` where the word is in one of the closed ranges, by halving; else otherwise."""
        if len(ranges) == 1:
            first, last = ranges[0]
            above, outside = self.fresh("from"), self.fresh("outside")
            self.jump_if_at_least(first, above)
            self.give(otherwise)
            self.label(above)
            self.jump_if_at_least(last + 1, outside)
            self.give(action)
            self.label(outside)
            self.give(otherwise)
            return
        middle, upper = len(ranges) // 2, self.fresh("upper half")
        self.jump_if_at_least(ranges[middle][0], upper)
        self.give_by_range(ranges[:middle], action, otherwise)
        self.label(upper)
        self.give_by_range(ranges[middle:], action, otherwise)

    def assembled(self) -> bytes:
        """The instructions as an array of struct sock_filter. Raises ValueError for a jump that cannot be made."""
        return b"".join(
            INSTRUCTION.pack(operation, self._steps(at, if_true), self._steps(at, if_false), operand)
            for at, (operation, operand, if_true, if_false) in enumerate(self._code)
        )

    def _steps(self, at: int, to: str) -> int:
        if not to:
            return 0
        if to not in self._labels:
            raise ValueError(f"there is no label {to!r}")
        steps = self._labels[to] - at - 1
        if not 0 <= steps <= FARTHEST or self._labels[to] >= len(self._code):
            raise ValueError(f"a jump to {to!r} goes {steps} instructions far")
        return steps
