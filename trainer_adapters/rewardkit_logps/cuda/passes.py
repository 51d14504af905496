"""`Passes` by CUDA kernels: which variant of a kernel a call needs, and its arguments.

Launching is left to a `Launch`, so that the tests run all of this with the kernels compiled for the host.
"""

import warnings
from collections.abc import Sequence
from ctypes import c_float, c_int32, c_int64
from typing import Literal, Protocol

import torch
from torch import Tensor

from rewardkit_logps.cuda.variant import COLUMNS, Name, Variant
from rewardkit_logps.passes import PLAIN, Block, LogitGradient, RowStatistics

Argument = int | c_int32 | c_int64 | c_float
"""An address is an int."""

_NUMBERS: dict[torch.dtype, Literal["float", "bfloat16", "float16"]] = {
    torch.float32: "float",
    torch.bfloat16: "bfloat16",
    torch.float16: "float16",
}


class KernelUnavailableError(RuntimeError):
    """A variant of a kernel that cannot be had on a device; the message gives the reason."""


class Launch(Protocol):
    """Runs a kernel over a grid of blocks, in order with the other work on a device.

    raises  KernelUnavailableError, before anything has run
    """

    def __call__(
        self, variant: Variant, grid: tuple[int, int], arguments: Sequence[Argument], device: torch.device
    ) -> None: ...


class CudaPasses:
    """`Passes` with one kernel launch each, on fp32 tiles of up to 8192 columns; they leave fp32, bf16 or fp16.

    Rows on 16-byte boundaries of a length divisible by four are read and written 16 bytes at a time, others number by
    number: slower, not different. Nothing is allocated, and nothing depends on which rows share a tile. A call whose
    variant of a kernel cannot be had is done by the plain passes, with one warning for each variant.
    """

    def __init__(self, launch: Launch) -> None:
        self._run = launch
        self._unavailable: set[Variant] = set()

    def _launched(
        self, variant: Variant, grid: tuple[int, int], arguments: Sequence[Argument], device: torch.device
    ) -> bool:
        """True if the kernel was launched; False if it cannot be had."""
        if variant in self._unavailable:
            return False
        try:
            self._run(variant, grid, arguments, device)
        except KernelUnavailableError as error:
            self._unavailable.add(variant)
            warnings.warn(f"{variant.name} is computed by PyTorch, slower than by our kernel: {error}", stacklevel=4)
            return False
        return True

    def fold(
        self,
        tile: Tensor,
        block: Block,
        rows: RowStatistics,
        exponentials: Tensor | None = None,
        rescale: Tensor | None = None,
    ) -> None:
        if (exponentials is None) != (rescale is None):
            raise ValueError("fold leaves exponentials and rescale together: give both or neither.")
        variant = _variant("fold", tile, block, exponentials)._replace(
            entropy=rows.sum_exp_times_logit is not None,
            squares=rows.sum_exp_squared is not None,
            mean=rows.sum_logits is not None,
            before=rows.maximum_before_target is not None,
            exponentials=exponentials is not None,
        )
        statistics = (
            rows.maximum,
            rows.sum_exp,
            rows.target_logit,
            rows.sum_exp_times_logit,
            rows.sum_exp_squared,
            rows.sum_logits,
            rows.maximum_before_target,
        )
        arguments = (
            *_tile_arguments(tile, block),
            *(_vector(x, tile) for x in statistics),
            *_matrix_arguments(exponentials),
            _vector(rescale, tile),
        )
        if tile.numel() and not self._launched(variant, (len(tile), 1), arguments, tile.device):
            PLAIN.fold(tile, block, rows, exponentials, rescale)

    def differentiate(self, tile: Tensor, block: Block, gradient: LogitGradient, out: Tensor) -> None:
        variant = _variant("differentiate", tile, block, out)._replace(entropy=gradient.entropy is not None)
        arguments = (
            *_tile_arguments(tile, block),
            *(_vector(x, tile) for x in gradient),
            *_matrix_arguments(out),
        )
        if tile.numel():
            pieces = 1 if tile.shape[1] <= COLUMNS // 2 else 2
            if not self._launched(variant, (len(tile), pieces), arguments, tile.device):
                PLAIN.differentiate(tile, block, gradient, out)

    def scale_rows(self, matrix: Tensor, factors: Tensor) -> None:
        _require(matrix.dtype == torch.float32 and matrix.stride(1) == 1, "a matrix whose rows scale", matrix)
        arguments = (*_matrix_arguments(matrix), _vector(factors, matrix), c_int32(matrix.shape[1]))
        launched = not matrix.numel() or self._launched(
            Variant("scale_rows"), (len(matrix), 1), arguments, matrix.device
        )
        if not launched:
            PLAIN.scale_rows(matrix, factors)


def _variant(name: Name, tile: Tensor, block: Block, out: Tensor | None) -> Variant:
    _require(tile.dtype == torch.float32 and tile.stride(1) == 1, "a tile of logits", tile)
    _require(tile.shape[1] <= COLUMNS, f"a tile of at most {COLUMNS} columns", tile)
    _require(block.targets.dtype == torch.int64 and block.targets.is_contiguous(), "targets", block.targets)
    matrices = [tile, *([] if out is None else [out]), *([] if block.bias is None else [block.bias[None]])]
    for matrix in matrices[1:]:
        _require(matrix.dtype in _NUMBERS and matrix.stride(1) == 1, "a matrix beside a tile", matrix)
        _require(matrix.shape[1] == tile.shape[1], f"a matrix of {tile.shape[1]} columns, as its tile", matrix)
    return Variant(
        name,
        vectors=tile.shape[1] % 4 == 0 and all(_in_vectors(matrix) for matrix in matrices),
        bias=block.bias is not None,
        softcap=block.transform.softcap is not None,
        number="float" if out is None else _NUMBERS[out.dtype],
    )


def _in_vectors(matrix: Tensor) -> bool:
    """True if four neighbours from a multiple of four on can be loaded or stored at once."""
    return bool(matrix.data_ptr() % (4 * matrix.element_size()) == 0 and matrix.stride(0) % 4 == 0)


def _tile_arguments(tile: Tensor, block: Block) -> tuple[Argument, ...]:
    transform = block.transform
    if block.bias is not None:
        _require(block.bias.dtype == torch.float32, "a bias", block.bias)
    return (
        tile.data_ptr(),
        c_int64(tile.stride(0)),
        0 if block.bias is None else block.bias.data_ptr(),
        block.targets.data_ptr(),
        c_int64(block.first_column),
        c_int32(tile.shape[1]),
        c_float(transform.logit_scale),
        c_float(1.0 if transform.softcap is None else transform.softcap),
        c_float(transform.temperature),
    )


def _matrix_arguments(matrix: Tensor | None) -> tuple[Argument, ...]:
    return (0, c_int64(0)) if matrix is None else (matrix.data_ptr(), c_int64(matrix.stride(0)))


def _vector(vector: Tensor | None, rows: Tensor) -> int:
    """Address of one fp32 number a row."""
    if vector is None:
        return 0
    _require(vector.dtype == torch.float32 and vector.is_contiguous(), "numbers of rows", vector)
    _require(vector.shape == (len(rows),), f"{len(rows)} numbers, one a row", vector)
    return int(vector.data_ptr())


def _require(held: object, wanted: str, found: Tensor) -> None:
    if not held:
        layout = f"{tuple(found.shape)} {found.dtype} with strides {found.stride()}"
        raise ValueError(
            f"the CUDA passes got {layout} for {wanted}: matrices need contiguous columns, tiles and statistics fp32, "
            "targets int64, other matrices fp32, bf16 or fp16."
        )
