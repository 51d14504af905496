"""Where the kernels cannot run, PyTorch does their work, and one warning says why and what to install."""

import sys
import warnings
from collections.abc import Iterator

import pytest

pytest.importorskip("torch")
pytest.importorskip("cuda.core", reason="needs the extra cuda")

import torch

from rewardkit_logps.cuda import install_command, passes_for_cuda
from rewardkit_logps.cuda.launch import disk_cache, load
from rewardkit_logps.passes import PLAIN


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    for remembered in (passes_for_cuda, disk_cache, load):
        remembered.cache_clear()
    yield
    for remembered in (passes_for_cuda, disk_cache, load):
        remembered.cache_clear()


@pytest.fixture
def hopper(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PyTorch that tells of a GPU, where none is."""
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(torch.cuda, "device", lambda _: warnings.catch_warnings())


@pytest.mark.usefixtures("hopper")
def test_without_cuda_core_one_warning_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.core", None)
    with pytest.warns(UserWarning, match=r"slower.*cuda.core.*pip install 'rewardkit\[cuda\]'"):
        assert passes_for_cuda(0) is PLAIN
    assert passes_for_cuda(0) is PLAIN  # a second warning would be an error


@pytest.mark.usefixtures("hopper")
@pytest.mark.skipif(torch.cuda.is_available(), reason="tells what happens without a driver")
def test_a_driver_that_does_not_load_is_named() -> None:
    with pytest.warns(UserWarning, match="NVIDIA display driver"):
        assert passes_for_cuda(0) is PLAIN


def test_gpus_older_than_bf16_are_left_to_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    with pytest.warns(UserWarning, match=r"compute capability 8\.0, and this one has 7\.5"):
        assert passes_for_cuda(0) is PLAIN


def test_rocm_is_left_to_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", "7.0")
    with pytest.warns(UserWarning, match="ROCm"):
        assert passes_for_cuda(0) is PLAIN


@pytest.mark.parametrize(("cuda", "package"), [("13.0", "rewardkit[cuda]"), ("12.8", "rewardkit[cuda12]")])
def test_the_command_fits_the_cuda_of_pytorch(cuda: str, package: str) -> None:
    assert package in install_command(cuda)


def test_a_cache_that_cannot_be_written_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert disk_cache() is None
