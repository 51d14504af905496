"""The exponentials of the forward's tiles, kept so that the backward need not recompute the logits.

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
    """Exponentials of the rows [start, stop), chunk by chunk of the vocabulary, each `columns` wide but for the last.

    gradient  None for memory of its own, or the (V, H) gradient buffer to store in: chunk k lies where chunk k - 1
              of the gradient is going to be, so that it can be read while chunk k of the gradient is written. The
              backward therefore goes from the last chunk to the first.
    """

    def __init__(
        self,
        start: int,
        stop: int,
        dtype: torch.dtype,
        head: tuple[int, int],
        gradient: Tensor | None,
        device: torch.device,
    ) -> None:
        """`head`: the size of the vocabulary, and the columns of a chunk."""
        vocabulary, self._columns = head
        chunks = -(-vocabulary // self._columns)
        width = _padded(vocabulary) if gradient is None else min(self._columns, _padded(vocabulary))
        self.start, self.stop = start, stop
        self._dtype, self._gradient = dtype, gradient
        self._own = torch.empty((stop - start) * width, dtype=dtype, device=device)
        self._maxima = torch.empty(chunks, stop - start, device=device)

    def matrix(self, first: int, last: int) -> Tensor:
        """The matrix (rows, last - first) of the chunk of columns [first, last); its rows start at multiples of 16."""
        rows, stride = self.stop - self.start, _padded(last - first)
        if self._gradient is None:
            memory = self._own[rows * first :]
        elif first == 0:
            memory = self._own
        else:
            memory = self._gradient[first - self._columns : first].view(-1).view(self._dtype)
        return memory[: rows * stride].view(rows, stride)[:, : last - first]

    def maximum(self, first: int) -> Tensor:
        """The maxima (rows,) to which the exponentials of the chunk from column `first` on are relative."""
        return self._maxima[first // self._columns]


def _padded(width: int) -> int:
    return -(-width // 16) * 16


def rows_to_store(
    rows: int, hidden_size: int, vocabulary: int, gradient_itemsize: int | None, itemsize: int, budget_bytes: int
) -> tuple[int, int]:
    """How many rows are stored in the gradient buffer, and how many more in memory of their own.

    gradient_itemsize  of the weight's gradient; None where there is none
    itemsize           of what is stored
    budget_bytes       for memory of their own
    """
    in_gradient = 0
    if gradient_itemsize is not None:
        room = hidden_size * gradient_itemsize // itemsize
        # Few rows would hold a large gradient from forward to backward for little: they go to memory of their own.
        in_gradient = min(rows, room) if 4 * rows >= room else 0
    return in_gradient, min(rows - in_gradient, budget_bytes // (vocabulary * itemsize))
