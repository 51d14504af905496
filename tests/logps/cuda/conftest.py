"""The CUDA kernels compiled for the host's processor, so that all of them but numbers.cuh runs without a GPU."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("torch"):  # otherwise each file of tests is skipped
    import torch

    from rewardkit_logps.cuda.passes import Argument, CudaPasses
    from rewardkit_logps.cuda.variant import Variant, read

HOST = Path(__file__).parent / "host"
FLAGS = (
    "-std=c++17",
    "-O1",
    "-shared",
    "-fPIC",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unknown-pragmas",
)
FLAGS += (
    "-Wno-unused-variable",
    "-Wno-unused-but-set-variable",
    "-Wno-unused-parameter",
)  # of what a variant leaves out
FLAGS += ("-fsanitize=alignment,bounds,shift,signed-integer-overflow", "-fsanitize-undefined-trap-on-error")


class HostLaunch:
    """`Launch` on the host, the threads of a block in one order or in the reverse.

    Fails where a block's threads part ways at a barrier.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libraries: dict[Variant, ctypes.CDLL] = {}
        self.reverse = False
        self.launched: list[Variant] = []

    def __call__(
        self, variant: Variant, grid: tuple[int, int], arguments: Sequence[Argument], device: torch.device
    ) -> None:
        if variant not in self._libraries:
            self._libraries[variant] = self._compile(variant)
        self.launched.append(variant)
        values = [ctypes.c_void_p(x) if isinstance(x, int) else x for x in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(x) for x in values))
        parted = self._libraries[variant].run(grid[0], grid[1], self.reverse, pointers)
        assert not parted, f"threads of a block of {variant} met at different barriers"

    def _compile(self, variant: Variant) -> ctypes.CDLL:
        name = f"kernel{len(self._libraries)}"
        text = (HOST / "cuda.hpp").read_text() + read("tile.cuh") + read(f"{variant.name}.cu")
        text += f"\n#define KERNEL {variant.name}\n" + (HOST / "run.hpp").read_text()
        (self._folder / f"{name}.cpp").write_text(text)
        macros = [f"-D{key}={value}" for key, value in variant.macros.items()]
        command = ["g++", *FLAGS, *macros, f"{name}.cpp", "-o", f"{name}.so"]
        built = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr
        library = ctypes.CDLL(str(self._folder / f"{name}.so"))
        library.run.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_void_p]
        return library


@pytest.fixture(scope="session")
def host_launch(tmp_path_factory: pytest.TempPathFactory) -> HostLaunch:
    if shutil.which("g++") is None:
        pytest.skip("needs g++, with which the CUDA kernels are compiled for the host")
    return HostLaunch(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def host_passes(host_launch: HostLaunch) -> CudaPasses:
    host_launch.launched.clear()
    host_launch.reverse = False
    return CudaPasses(host_launch)
