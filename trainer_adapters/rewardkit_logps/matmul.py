"""Matrix products whose result is fp32, whatever the inputs are.

A product of bf16 matrices that is rounded to bf16 moves a log-prob by several hundredths at ordinary spreads of logits.
cuBLAS adds up in fp32 anyway and can hand that out; elsewhere the inputs are widened, which is as exact.
"""

import torch
from torch import Tensor

_VERSION = tuple(int(part) for part in torch.__version__.split(".")[:2])


def matmul(a: Tensor, b: Tensor, out: Tensor) -> None:
    """`out` = a @ b, out fp32."""
    if _native(a, b):
        torch.mm(a, b, out_dtype=torch.float32, out=out)
    else:
        torch.mm(a.float(), b.float(), out=out)


def add_matmul(accumulator: Tensor, a: Tensor, b: Tensor) -> None:
    """`accumulator` += a @ b, accumulator fp32."""
    if _native(a, b):
        torch.addmm(accumulator, a, b, out_dtype=torch.float32, out=accumulator)
    else:
        torch.addmm(accumulator, a.float(), b.float(), out=accumulator)


def multiplies_narrow(device: torch.device) -> bool:
    """True if products of bf16 or fp16 matrices can come out in fp32 here: on CUDA, from PyTorch 2.10 (`addmm`) on."""
    return bool(device.type == "cuda") and _VERSION >= (2, 10)


def _native(a: Tensor, b: Tensor) -> bool:
    return bool(a.dtype == b.dtype != torch.float32) and multiplies_narrow(a.device)
