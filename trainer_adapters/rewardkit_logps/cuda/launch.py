"""Compile a kernel for a GPU with NVRTC when it is first needed, keep it on disk, and launch it on torch's stream.

NVRTC comes with PyTorch's own CUDA wheels or with the extra `cuda`; no nvcc is needed. The compiled code is kept in
cuda-core's cache in the user's cache folder, under a key of source, options, architecture and NVRTC's version.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch

from rewardkit_logps.cuda.passes import Argument, KernelUnavailableError
from rewardkit_logps.cuda.variant import BLOCK, Variant, source


def compile_variant(variant: Variant, architecture: str, cache: Any = None, logs: Any = None) -> Any:
    """cuda-core's ObjectCode of a variant for an architecture such as "sm_90"; needs no GPU and no driver.

    cache  a `ProgramCacheResource` of cuda-core, or None
    logs   gets what the compiler says of registers and spills, when it runs: has `write`
    raises cuda-core's own errors, among them `RuntimeError` where there is no NVRTC
    """
    from cuda.core import Program, ProgramOptions  # noqa: PLC0415

    options = ProgramOptions(
        arch=architecture,
        std="c++17",
        define_macro=list(variant.macros.items()),
        ptxas_options=["-v"],
    )
    return Program(source(variant), "c++", options).compile("cubin", cache=cache, logs=logs)


class DeviceLaunch:
    """`Launch` through cuda-core, on the stream that is torch's current one.

    raises  KernelUnavailableError for a variant that does not compile or load; it is not tried a second time
    """

    def __call__(
        self, variant: Variant, grid: tuple[int, int], arguments: Sequence[Argument], device: torch.device
    ) -> None:
        from cuda.core import Stream, launch  # noqa: PLC0415

        with torch.cuda.device(device):
            stream = Stream.from_handle(torch.cuda.current_stream().cuda_stream)
            kernel = kernel_or_reason(variant, torch.cuda.current_device())
            if isinstance(kernel, str):
                raise KernelUnavailableError(kernel)
            launch(stream, _config(grid), kernel, *arguments)


@cache
def _config(grid: tuple[int, int]) -> Any:
    from cuda.core import LaunchConfig  # noqa: PLC0415

    return LaunchConfig(grid=grid, block=BLOCK)


@cache
def kernel_or_reason(variant: Variant, device: int) -> Any:
    """The kernel on a device, or as a text why there is none."""
    try:
        return load(variant, device)
    except Exception as error:  # noqa: BLE001 -- whatever a compiler or driver lacks, the plain passes need none of it
        return f"{type(error).__name__}: {error}"


@cache
def load(variant: Variant, device: int) -> Any:
    """The kernel, ready on the device, which must be torch's current one."""
    from cuda.core import Device  # noqa: PLC0415

    # cuda-core uses the context that the runtime, and so torch, has on the device.
    Device(device).set_current()
    major, minor = torch.cuda.get_device_capability(device)
    architecture = f"sm_{major}{minor}"
    try:
        compiled = compile_variant(variant, architecture, disk_cache())
    except OSError:  # a full disk, say
        compiled = compile_variant(variant, architecture)
    return compiled.get_kernel(variant.name)


@cache
def disk_cache() -> Any:
    """cuda-core's cache of programs in the user's cache folder; None where that cannot be written."""
    from cuda.core.utils import FileStreamProgramCache  # noqa: PLC0415

    try:
        return FileStreamProgramCache()
    except OSError:
        return None
