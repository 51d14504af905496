"""What the forward keeps so that the backward need not multiply again: the exponentials of its tiles.

A tile's exponentials exp(z_j - maximum) are the row's probabilities but for a factor of the row,

    p_j = exp(z_j - maximum) * (1 - p) * exp(maximum - log_others),

so they are kept as they are, in bf16 where the inputs are, and the factor goes to the other side of the product that
makes the weight's gradient.

Where they are kept: the weight's gradient has to be allocated at the start of the backward, when memory is at its
fullest. Allocated in the forward instead, it costs the peak nothing, and until the backward fills it, it has room for
H rows of its own dtype (2 H rows of bf16 for an fp32 weight).
"""

import torch
from torch import Tensor


class Store:
    """Exponentials of the rows [start, stop), chunk by chunk of the vocabulary; taken out in the reverse order.

    gradient  None for memory of its own, or the (V, H) gradient to lodge in: chunk k lies where chunk k - 1 of the
              gradient is going to be, so that it can be read while chunk k of the gradient is written.
    """

    def __init__(
        self, start: int, stop: int, dtype: torch.dtype, columns: int, gradient: Tensor | None, device: torch.device
    ) -> None:
        self.start, self.stop = start, stop
        self._dtype, self._columns, self._gradient, self._device = dtype, columns, gradient, device
        self._matrices: list[Tensor] = []
        self._maxima: list[Tensor] = []

    def add(self, width: int) -> Tensor:
        """An empty matrix (rows, width) for the next chunk; its rows start at multiples of 16 numbers."""
        rows, stride = self.stop - self.start, -(-width // 16) * 16
        index = len(self._matrices)
        if self._gradient is None or index == 0:
            memory = torch.empty(rows * stride, dtype=self._dtype, device=self._device)
        else:
            first = (index - 1) * self._columns
            memory = self._gradient[first : first + self._columns].view(-1).view(self._dtype)[: rows * stride]
        self._matrices.append(memory.view(rows, stride)[:, :width])
        return self._matrices[-1]

    def seal(self, maximum: Tensor) -> None:
        """`maximum` (N,): what the exponentials of the chunk just filled are relative to."""
        self._maxima.append(maximum[self.start : self.stop].clone())

    def take(self) -> tuple[Tensor, Tensor]:
        """The last chunk's matrix and its maximum (rows,)."""
        return self._matrices.pop(), self._maxima.pop()


def rows_to_store(
    rows: int, hidden_size: int, vocabulary: int, gradient_itemsize: int | None, itemsize: int, budget_bytes: int
) -> tuple[int, int]:
    """How many rows the weight's gradient lodges, and how many more go to memory of their own.

    gradient_itemsize  of the weight's gradient; None where there is none
    itemsize           of what is stored
    budget_bytes       for memory of their own
    """
    lodged = 0
    if gradient_itemsize is not None:
        room = hidden_size * gradient_itemsize // itemsize
        # Few rows would hold a large gradient from forward to backward for little: they go to memory of their own.
        lodged = min(rows, room) if 4 * rows >= room else 0
    return lodged, min(rows - lodged, budget_bytes // (vocabulary * itemsize))
