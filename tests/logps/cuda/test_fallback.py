"""A kernel variant that cannot be had is done by PyTorch; processes that compile at once do not disturb each other."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from rewardkit_logps.cuda.passes import CudaPasses, KernelUnavailableError
from rewardkit_logps.passes import PLAIN, Block, LogitTransform, RowStatistics


def test_a_variant_that_does_not_compile_is_computed_by_pytorch_with_one_warning():
    def no_compiler(*_):
        raise KernelUnavailableError("NVRTC: ptxas failed")

    passes = CudaPasses(no_compiler)
    block = Block(torch.tensor([1, 3]), 0, None, LogitTransform())
    tile = torch.randn(2, 8)
    found, right = (RowStatistics.empty(2, tile.device, ("entropy",)) for _ in range(2))
    with pytest.warns(UserWarning, match="fold is computed by PyTorch.*ptxas failed"):
        passes.fold(tile.clone(), block, found)
    PLAIN.fold(tile.clone(), block, right)
    assert torch.equal(found.sum_exp, right.sum_exp)
    passes.fold(tile.clone(), block, RowStatistics.empty(2, tile.device, ("entropy",)))  # a second warning would fail


COMPILE = """
import sys
from pathlib import Path
from cuda.core.utils import FileStreamProgramCache
from rewardkit_logps.cuda.launch import compile_variant
from rewardkit_logps.cuda.variant import Variant
import hashlib
code = compile_variant(Variant("scale_rows"), "sm_90", FileStreamProgramCache(Path(sys.argv[1]))).code
print(hashlib.sha256(code).hexdigest())
"""


def test_four_processes_that_compile_one_kernel_at_once_all_get_it(tmp_path: Path):
    pytest.importorskip("cuda.core", reason="needs the extra cuda")
    command = [sys.executable, "-c", COMPILE, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    digests = {process.communicate()[0].strip() for process in running}
    assert all(process.returncode == 0 for process in running)
    assert len(digests) == 1
    assert digests != {""}
