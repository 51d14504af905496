"""The memory-bound passes as CUDA kernels: compiled at first use, for the GPU that is there.

`passes_for_cuda` is the one way in.
"""

import warnings
from functools import cache

import torch

from rewardkit_logps.passes import PLAIN, Passes

OLDEST = (8, 0)
"""Compute capability of the first GPUs with bf16."""


@cache
def passes_for_cuda(index: int) -> Passes:
    """The kernels where they compile and load on CUDA device `index`; else the plain passes, with one warning."""
    reason = _missing(index)
    if reason is None:
        from rewardkit_logps.cuda.launch import DeviceLaunch  # noqa: PLC0415
        from rewardkit_logps.cuda.passes import CudaPasses  # noqa: PLC0415

        return CudaPasses(DeviceLaunch())
    warnings.warn(f"log-probs are computed by PyTorch, slower than by rewardkit's kernels: {reason}", stacklevel=2)
    return PLAIN


def _missing(index: int) -> str | None:
    """Why the kernels cannot run on a device; None where they can."""
    if torch.version.cuda is None:
        return f"they need CUDA, and this PyTorch is built for {'ROCm' if torch.version.hip else 'the CPU'}."
    capability = torch.cuda.get_device_capability(index)
    if capability < OLDEST:
        return f"they need a GPU of compute capability 8.0, and this one has {capability[0]}.{capability[1]}."
    try:
        from rewardkit_logps.cuda.launch import load  # noqa: PLC0415
        from rewardkit_logps.cuda.variant import Variant  # noqa: PLC0415

        with torch.cuda.device(index):
            load(Variant("scale_rows"), index)
    except Exception as error:  # noqa: BLE001 -- whatever a compiler or driver lacks, the plain passes need none of it
        return f"{type(error).__name__}: {error}. Install what they need: {install_command(torch.version.cuda)}"
    return None


def install_command(cuda: str) -> str:
    """The pip command that brings cuda-core and NVRTC for a PyTorch built with CUDA version `cuda`, such as "13.0"."""
    if cuda.startswith("12."):
        return "pip install 'rewardkit[cuda12]'"
    return "pip install 'rewardkit[cuda]'"
