"""Matrix products whose result is fp32 and exact to fp32, whatever the inputs are and whatever the process has set.

A product of bf16 matrices that is rounded to bf16 moves a log-prob by several hundredths at ordinary spreads of logits.
cuBLAS adds up in fp32 anyway and can hand that out; elsewhere the inputs are widened, which is as exact. A product of
fp32 matrices obeys a switch of the process (TF32 on CUDA, bf16 in oneDNN) that costs three digits or more: it is off
while ours are computed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor


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


@contextmanager
def exact_fp32_products() -> Iterator[None]:
    """Products of fp32 matrices in full fp32, with the setting of the process put back at the end."""
    precision = torch.get_float32_matmul_precision()
    if precision == "highest":
        yield
        return
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)


@cache
def multiplies_narrow(device: torch.device) -> bool:
    """True if products of bf16 and fp16 matrices can come out in fp32 on a device. Tried once for each device."""
    if device.type != "cuda":
        return False
    try:
        for dtype in (torch.bfloat16, torch.float16):
            ones = torch.ones(16, 16, dtype=dtype, device=device)
            out = torch.zeros(16, 16, device=device)
            torch.mm(ones, ones, out_dtype=torch.float32, out=out)
            torch.addmm(out, ones, ones, out_dtype=torch.float32, out=out)
    except (RuntimeError, TypeError):  # an older PyTorch knows no such argument, an older cuBLAS no such product
        return False
    return True


def _native(a: Tensor, b: Tensor) -> bool:
    return bool(a.dtype == b.dtype != torch.float32) and multiplies_narrow(a.device)
