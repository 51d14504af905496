"""The choice of passes for a device: rewardkit's CUDA kernels where they run, else PyTorch."""

import torch

from rewardkit_logps.cuda import passes_for_cuda
from rewardkit_logps.passes import PLAIN, Passes


def passes_for(device: torch.device) -> Passes:
    """The fastest passes that run on a device."""
    return passes_for_cuda(device.index) if device.type == "cuda" else PLAIN
