"""NVRTC compiles every kernel for every architecture without a GPU; what it made is kept; arguments fit the kernels."""

import ctypes
import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("cuda.core", reason="needs the extra cuda")

import torch

from rewardkit_logps.cuda.launch import compile_variant
from rewardkit_logps.cuda.passes import Argument, CudaPasses
from rewardkit_logps.cuda.variant import BLOCK, COLUMNS, Variant, read
from rewardkit_logps.passes import Block, LogitGradient, LogitTransform, RowStatistics

ARCHITECTURES = ("sm_80", "sm_90", "sm_100")
FULL = {"bias": True, "softcap": True, "entropy": True}
FULL_FOLD = Variant("fold", **FULL, squares=True, mean=True, before=True, exponentials=True, number="bfloat16")
# What training with a frozen head, and logging entropy, launches; then everything at once, and the type that is left.
VARIANTS = (
    Variant("fold", vectors=True),
    Variant("fold", vectors=True, entropy=True),
    Variant("fold", vectors=True, entropy=True, exponentials=True, number="bfloat16"),
    FULL_FOLD._replace(vectors=True),
    FULL_FOLD,
    FULL_FOLD._replace(number="float16", vectors=True),
    Variant("differentiate", vectors=True, number="bfloat16"),
    Variant("differentiate", **FULL, vectors=True, number="float16"),
    Variant("differentiate", **FULL),
    Variant("scale_rows"),
)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_nvrtc_compiles_without_warning_or_spill(variant: Variant, architecture: str) -> None:
    said = io.StringIO()
    compiled = compile_variant(variant, architecture, logs=said)
    assert compiled.code.startswith(b"\x7fELF")
    assert "warning" not in said.getvalue()
    registers = int(re.findall(r"Used (\d+) registers", said.getvalue())[0])
    assert 2 * registers * BLOCK <= 65536  # two blocks share a multiprocessor
    spilled = sum(int(n) for n in re.findall(r"(\d+) bytes spill", said.getvalue()))
    assert spilled == 0 if variant.vectors else spilled <= 256  # the slow way, with everything at once


def test_sizes_are_those_of_the_source() -> None:
    numbers = dict(re.findall(r"constexpr int (\w+) = (\d+);", read("tile.cuh")))
    assert int(numbers["BLOCK"]) == BLOCK
    assert int(numbers["BLOCK"]) * int(numbers["VALUES"]) == COLUMNS


class Recording:
    """A `Launch` that keeps what it is given."""

    def __init__(self) -> None:
        self.given: dict[str, Sequence[Argument]] = {}

    def __call__(
        self, variant: Variant, grid: tuple[int, int], arguments: Sequence[Argument], device: torch.device
    ) -> None:
        self.given[variant.name] = arguments


@pytest.fixture
def recorded() -> dict[str, Sequence[Argument]]:
    """A call of each kernel."""
    launch = Recording()
    passes = CudaPasses(launch)
    tile = torch.zeros(2, 8)
    vector = torch.zeros(2)
    block = Block(torch.zeros(2, dtype=torch.int64), 0, torch.zeros(8), LogitTransform(0.5, 30.0, 2.0))
    passes.fold(tile, block, RowStatistics.empty(2, tile.device, ("entropy",)), tile, vector)
    passes.differentiate(tile, block, LogitGradient(vector, vector, vector, vector, vector), tile)
    passes.scale_rows(tile, vector)
    return launch.given


@pytest.mark.parametrize("name", ["fold", "differentiate", "scale_rows"])
def test_arguments_have_the_types_of_the_kernels_parameters(recorded: dict[str, Sequence[Argument]], name: str) -> None:
    declared = re.search(rf"\b{name}\(([^)]*)\)", read(f"{name}.cu"))
    assert declared is not None
    types = {"*": int, "long long": ctypes.c_int64, "int": ctypes.c_int32, "float": ctypes.c_float}
    parameters = [next(types[t] for t in types if t in parameter) for parameter in declared[1].split(",")]
    assert [type(argument) for argument in recorded[name]] == parameters


def test_what_was_compiled_is_read_from_disk(tmp_path: Path) -> None:
    from cuda.core.utils import FileStreamProgramCache

    variant = Variant("scale_rows")
    first, second = io.StringIO(), io.StringIO()
    compiled = compile_variant(variant, "sm_90", FileStreamProgramCache(tmp_path), first)
    again = compile_variant(variant, "sm_90", FileStreamProgramCache(tmp_path), second)
    assert "Used" in first.getvalue()
    assert not second.getvalue()
    assert again.code == compiled.code


@pytest.mark.parametrize(
    ("other", "architecture"), [(Variant("scale_rows", vectors=True), "sm_90"), (Variant("scale_rows"), "sm_80")]
)
def test_another_variant_or_architecture_is_compiled_anew(tmp_path: Path, other: Variant, architecture: str) -> None:
    from cuda.core.utils import FileStreamProgramCache

    compile_variant(Variant("scale_rows"), "sm_90", FileStreamProgramCache(tmp_path))
    said = io.StringIO()
    compile_variant(other, architecture, FileStreamProgramCache(tmp_path), said)
    assert "Used" in said.getvalue()


LAUNCHES = """
import contextlib, types
import torch
from rewardkit_logps.cuda import passes_for_cuda

torch.version.cuda = "13.0"
torch.cuda.get_device_capability = lambda _: (9, 0)
torch.cuda.current_device = lambda: 0
torch.cuda.device = lambda _: contextlib.nullcontext()
torch.cuda.current_stream = lambda: types.SimpleNamespace(cuda_stream=0x7000)
matrix, factors = torch.ones(3, 64), torch.ones(3)
passes_for_cuda(0).scale_rows(matrix, factors)
print(f"given {matrix.data_ptr():x} {factors.data_ptr():x}", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="stands in for Linux's driver library")
def test_a_kernel_is_launched_through_the_driver_on_the_current_stream(tmp_path: Path) -> None:
    from cuda.core.utils import FileStreamProgramCache

    # Compiled beforehand: NVRTC looks for the driver as well, and asks more of it than is here.
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "LD_LIBRARY_PATH": str(tmp_path)}
    compile_variant(Variant("scale_rows"), "sm_90", FileStreamProgramCache(tmp_path / "cuda-python" / "program-cache"))
    driver = Path(__file__).parent / "host" / "driver.c"
    command = ["gcc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", str(driver), "-o", str(tmp_path / "libcuda.so.1")]
    subprocess.run(command, check=True)
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", LAUNCHES], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    said = ended.stdout.splitlines()
    given = next(line for line in said if line.startswith("given")).split()[1:]
    assert said.count("load ELF") == said.count("kernel scale_rows") == 1
    assert f"launch 0x3000 grid 3 1 1 block {BLOCK} 1 1 stream 0x7000 arguments {given[0]} 64 {given[1]} 64" in said
