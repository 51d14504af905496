"""The forward: statistics of all rows, and what can be finished of the gradients before the loss is known.

With q_j = softmax over the columns that are not the target, and c_j the slope of the logit (logit_scale / temperature
times the softcap's slope),

    d log p / d hidden = (1 - p) * (c_t * W_t - sum_j q_j * c_j * W_j)

does not depend on the loss: `unit` holds it at the end, and the backward scales its rows. Exponentials of a chunk,
relative to the largest logit so far, are multiplied with the chunk's weights and added up, rescaled as the maximum
rises (online softmax, Milakov & Gimelshein 2018, arXiv:1805.02867).
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from rewardkit_logps.dispatch import passes_for
from rewardkit_logps.head import Head, spans, tiling_for
from rewardkit_logps.matmul import add_matmul, matmul, multiplies_narrow
from rewardkit_logps.passes import RowStatistics
from rewardkit_logps.results import Odds
from rewardkit_logps.store import Store


def fold_head(
    head: Head, hidden: Tensor, targets: Tensor, rows: RowStatistics, unit: Tensor | None, stores: list[Store]
) -> None:
    """Fold the whole vocabulary into `rows`.

    hidden  (N, H), cast by `head`
    unit    None, or zeros (M, H) fp32: gets sum_j exp(z_j - maximum) * (softcap's slope) * W_j of the first M rows
    stores  of the first rows, in order and without gaps; they are filled
    """
    device = hidden.device
    passes, tiling = passes_for(device), tiling_for(device)
    height = min(len(hidden), tiling.rows)
    tiles = torch.empty(height, tiling.columns, device=device)
    narrow = head.dtype == torch.bfloat16 and multiplies_narrow(device)
    exponential_tiles = torch.empty_like(tiles, dtype=torch.bfloat16) if narrow and unit is not None else tiles
    shrink = torch.empty(height, device=device)
    units = 0 if unit is None else len(unit)

    for start, stop in spans(len(head.weight), tiling.columns):
        columns = head.columns(start, stop)
        kept = [(store, store.matrix(start, stop)) for store in stores]
        for first, last, matrix in _pieces(kept, units, len(hidden), tiling.rows):
            tile = tiles[: last - first, : stop - start]
            exponentials = matrix
            if matrix is not None and matrix.dtype == torch.float32:
                tile = matrix
            elif matrix is None and first < units:
                exponentials = exponential_tiles[: last - first, : stop - start] if narrow else tile
            matmul(hidden[first:last], columns.t(), tile)
            block, part = head.block(targets[first:last], start, stop), rows.rows(first, last)
            if exponentials is None:
                passes.fold(tile, block, part)
                continue
            passes.fold(tile, block, part, exponentials, shrink[: last - first])
            if unit is not None:
                passes.scale_rows(unit[first:last], shrink[: last - first])
                add_matmul(unit[first:last], exponentials, columns)
        for store in stores:
            store.maximum(start).copy_(rows.maximum[store.start : store.stop])


def _pieces(
    kept: list[tuple[Store, Tensor]], units: int, count: int, step: int
) -> Iterator[tuple[int, int, Tensor | None]]:
    """Rows [0, count) in pieces of at most `step`, each of one kind, with its part of the store's matrix or None."""
    done = 0
    for store, matrix in kept:
        for first, last in spans(store.stop, step, store.start):
            yield first, last, matrix[first - store.start : last - store.start]
        done = store.stop
    for bound in (units, count):
        for first, last in spans(bound, step, done):
            yield first, last, None
        done = max(done, bound)


def finish_unit(unit: Tensor, head: Head, targets: Tensor, rows: RowStatistics, odds: Odds) -> None:
    """From the sum that `fold_head` leaves in `unit` (M, H) to d log p / d hidden, in place."""
    scale = odds.rest * (head.transform.logit_scale / head.transform.temperature)
    for first, last in spans(len(unit), tiling_for(unit.device).rows):
        part = unit[first:last]
        part.mul_((-scale / rows.sum_exp)[first:last, None])
        part.addcmul_(head.cast(head.weight[targets[first:last]]).float(), (scale * odds.slope)[first:last, None])
