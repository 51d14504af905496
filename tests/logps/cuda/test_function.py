"""The whole of `token_statistics` over the kernels: on the host here, on a GPU where one is."""

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor

from rewardkit_logps import backward, forward, head, token_statistics
from rewardkit_logps.cuda.passes import CudaPasses
from rewardkit_logps.passes import LogitTransform
from rewardkit_logps.reference import reference_statistics

OUTPUTS = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1")


def inputs(rows: int, hidden_size: int, vocabulary: int, dtype: torch.dtype, device: str) -> tuple[Tensor, ...]:
    """hidden, weight, bias, targets, the loss's gradients by log-prob and entropy; a third of the rows is certain."""
    generator = torch.Generator().manual_seed(rows + vocabulary)
    hidden = torch.randn(rows, hidden_size, generator=generator)
    weight = torch.randn(vocabulary, hidden_size, generator=generator) * (4 / hidden_size**0.5)
    targets = torch.randint(vocabulary, (rows,), generator=generator)
    hidden[::3] += 3 * weight[targets[::3]]
    bias = torch.randn(vocabulary, generator=generator)
    gradients = torch.randn(2, rows, generator=generator)
    gradients[:, ::4] = 0.0
    return (*(x.to(device, dtype) for x in (hidden, weight, bias)), targets.to(device), *gradients.to(device))


def check(
    given: tuple[Tensor, ...],
    transform: LogitTransform,
    trained: tuple[str, ...],
    *,
    entropy: bool,
    loose: float,
    absolute: float = 2e-5,
) -> None:
    """Values (within `absolute`) and gradients (`loose` of their norm) against float64 on the very same inputs."""
    hidden, weight, bias, targets, by_log_prob, by_entropy = given
    names = ("hidden", "weight", "bias")

    def leaves(dtype: torch.dtype) -> dict[str, Tensor]:
        made = zip(names, (hidden, weight, bias), strict=True)
        return {name: x.to(dtype, copy=True).requires_grad_(name in trained) for name, x in made}

    ours, exact = leaves(hidden.dtype), leaves(torch.float64)
    options: dict[str, Any] = transform._asdict()
    found = token_statistics(*ours.values(), targets, outputs=OUTPUTS, **options)
    wanted = reference_statistics(*exact.values(), targets, transform)
    for name, value, expected in zip(OUTPUTS, found, wanted, strict=True):
        assert value is not None
        if name == "is_top1":
            assert torch.equal(value, expected)
        else:
            torch.testing.assert_close(
                value.double(), expected, rtol=1e-5, atol=2e-5, msg=lambda m, n=name: f"{n}: {m}"
            )
    for statistics in (found, wanted):
        loss = (by_log_prob * statistics[0]).sum()
        if entropy:
            loss = loss + (by_entropy * statistics[1]).sum()
        loss.backward()
    for name in trained:
        one, two = ours[name].grad, exact[name].grad
        assert one is not None
        assert two is not None
        assert (one.double() - two).norm() <= loose * two.norm(), name


FULL = LogitTransform(temperature=0.7, softcap=30.0, logit_scale=1.3)


@pytest.mark.parametrize("trained", [("hidden",), ("hidden", "weight", "bias")], ids=["frozen", "trained"])
@pytest.mark.parametrize("entropy", [False, True], ids=["log_probs", "entropy"])
def test_statistics_and_gradients_on_the_host(
    host_passes: CudaPasses, monkeypatch: pytest.MonkeyPatch, trained: tuple[str, ...], *, entropy: bool
) -> None:
    for module in (forward, backward):
        monkeypatch.setattr(module, "passes_for", lambda _: host_passes)
    given = inputs(5, 12, 1100, torch.float32, "cpu")  # a whole tile of the CPU's, and a ragged one
    check(given, FULL, trained, entropy=entropy, loose=2e-5)
    assert {variant.name for variant in host_passes._run.launched} >= {"fold", "scale_rows"}


@pytest.mark.parametrize("trained", [("hidden",), ("hidden", "weight", "bias")], ids=["frozen", "trained"])
@pytest.mark.parametrize("entropy", [False, True], ids=["log_probs", "entropy"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_two_byte_types_go_through_the_kernels_on_the_host_as_on_a_gpu(
    host_passes: CudaPasses,
    monkeypatch: pytest.MonkeyPatch,
    dtype: torch.dtype,
    trained: tuple[str, ...],
    *,
    entropy: bool,
) -> None:
    for module in (forward, backward):
        monkeypatch.setattr(module, "passes_for", lambda _: host_passes)
    for module in (forward, backward, head):
        # Where a GPU multiplies bf16 into fp32, `matmul` widens its inputs here: the same numbers.
        monkeypatch.setattr(module, "multiplies_narrow", lambda _: True)
    check(inputs(5, 12, 1100, dtype, "cpu"), FULL, trained, entropy=entropy, loose=1e-2)
    assert dtype is torch.float16 or "bfloat16" in {variant.number for variant in host_passes._run.launched}


# Sizes: less than a tile, several tiles with a ragged last one, and the widest vocabulary.
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("trained", [("hidden",), ("hidden", "weight", "bias")], ids=["frozen", "trained"])
@pytest.mark.parametrize("transform", [LogitTransform(), FULL], ids=["plain", "full"])
@pytest.mark.parametrize(
    ("rows", "hidden_size", "vocabulary"), [(1, 64, 1), (7, 64, 100), (5000, 128, 17_001), (300, 256, 262_144)]
)
@pytest.mark.parametrize(("dtype", "loose"), [(torch.float32, 1e-4), (torch.bfloat16, 2e-2)], ids=["fp32", "bf16"])
def test_statistics_and_gradients_on_a_gpu(
    rows: int,
    hidden_size: int,
    vocabulary: int,
    transform: LogitTransform,
    trained: tuple[str, ...],
    dtype: torch.dtype,
    loose: float,
) -> None:
    given = inputs(rows, hidden_size, vocabulary, dtype, "cuda")
    check(given, transform, trained, entropy=False, loose=loose, absolute=1e-4)
    check(given, transform, trained, entropy=True, loose=loose, absolute=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_bits_twice() -> None:
    hidden, weight, bias, targets, by_log_prob, _ = inputs(3000, 256, 50_000, torch.bfloat16, "cuda")
    runs = []
    for _ in range(2):
        leaves = [x.clone().requires_grad_() for x in (hidden, weight, bias)]
        found = token_statistics(*leaves, targets)
        (found.log_probs * by_log_prob).sum().backward()
        runs.append([found.log_probs.detach(), *(x.grad for x in leaves)])
    for one, two in zip(*runs, strict=True):
        assert torch.equal(one, two)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_kernels_run_on_the_stream_that_is_current() -> None:
    hidden, weight, bias, targets, *_ = inputs(2000, 256, 50_000, torch.bfloat16, "cuda")
    wanted = token_statistics(hidden, weight, bias, targets).log_probs
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        found = token_statistics(hidden, weight, bias, targets).log_probs
    torch.cuda.current_stream().wait_stream(stream)
    assert torch.equal(found, wanted)
