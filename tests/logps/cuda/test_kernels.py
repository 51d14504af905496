"""The kernels, compiled for the host, do what the plain passes do in float64: value by value, on every kind of row."""

from dataclasses import fields, replace
from typing import NamedTuple

import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor

from rewardkit_logps.cuda.passes import CudaPasses
from rewardkit_logps.passes import LOWEST, PLAIN, Block, LogitGradient, LogitTransform, RowStatistics

ALL = ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1")
PLAIN_TRANSFORM = LogitTransform()
FULL_TRANSFORM = LogitTransform(temperature=0.7, softcap=30.0, logit_scale=1.3)

# 1 and 3: less than a vector. 37: a ragged tail. 4096 and 8192: exactly the columns of half a block and of a whole one.
WIDTHS = (1, 3, 37, 4096, 5000, 8192)


class Case(NamedTuple):
    products: Tensor
    """(n, v) fp32"""
    bias: Tensor | None
    targets: Tensor


def case(rows: int, columns: int, *, spread: float = 6.0, bias: bool = False, seed: int = 0) -> Case:
    generator = torch.Generator().manual_seed(seed)
    products = spread * torch.randn(rows, columns, generator=generator)
    targets = torch.randint(columns, (rows,), generator=generator)
    return Case(products, torch.randn(columns, generator=generator) if bias else None, targets)


def in_guarded_memory(matrix: Tensor, *, offset: int, past: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """A copy whose rows are `past` numbers apart, `offset` after an aligned address, with NaN all around."""
    rows, columns = matrix.shape
    memory = torch.full((rows * (columns + past) + offset + 64,), float("nan"), dtype=dtype)
    view = memory[offset : offset + rows * (columns + past)].view(rows, columns + past)[:, :columns]
    view.copy_(matrix)
    return view


def fold_in_tiles(
    passes: object, given: Case, transform: LogitTransform, width: int, outputs: tuple[str, ...], dtype: torch.dtype
) -> tuple[RowStatistics, Tensor]:
    """Statistics of rows folded tile by tile, and what their exponentials add up to: sum e_j slope_j over j != t."""
    n, columns = given.products.shape
    rows = RowStatistics.empty(n, given.products.device, outputs)
    if dtype == torch.float64:
        wide = {f.name: getattr(rows, f.name) for f in fields(rows)}
        rows = replace(rows, **{name: x.double() for name, x in wide.items() if x is not None})
    total = torch.zeros(n, 1, dtype=dtype)
    for start in range(0, columns, width):
        tile = given.products[:, start : start + width].to(dtype, copy=True)
        bias = None if given.bias is None else given.bias[start : start + width].to(dtype)
        exponentials, rescale = torch.full_like(tile, float("nan")), torch.full((n,), float("nan"), dtype=dtype)
        passes.fold(tile, Block(given.targets, start, bias, transform), rows, exponentials, rescale)
        passes.scale_rows(total, rescale)
        total += exponentials.sum(1, keepdim=True)
    return rows, total


def assert_close(found: Tensor, wanted: Tensor, *, relative: float = 3e-6, absolute: float = 1e-6) -> None:
    torch.testing.assert_close(found.double(), wanted.double(), rtol=relative, atol=absolute)


def assert_same_statistics(found: RowStatistics, wanted: RowStatistics, *, relative: float = 2e-5) -> None:
    for field in fields(wanted):
        expected = getattr(wanted, field.name)
        if expected is None:
            assert getattr(found, field.name) is None
        else:
            # Sums of 8192 logits of both signs: their rounding is relative to the terms.
            absolute = 2e-3 if field.name == "sum_logits" else 1e-5
            assert_close(getattr(found, field.name), expected, relative=relative, absolute=absolute)


@pytest.mark.parametrize("transform", [PLAIN_TRANSFORM, FULL_TRANSFORM], ids=["plain", "full"])
@pytest.mark.parametrize("columns", WIDTHS)
def test_fold_is_the_plain_fold(host_passes: CudaPasses, columns: int, transform: LogitTransform) -> None:
    given = case(3, columns, bias=transform is FULL_TRANSFORM)
    outputs = ALL if transform is FULL_TRANSFORM else ()
    found, total = fold_in_tiles(host_passes, given, transform, columns, outputs, torch.float32)
    wanted, wanted_total = fold_in_tiles(PLAIN, given, transform, columns, outputs, torch.float64)
    assert_same_statistics(found, wanted)
    assert_close(total, wanted_total, relative=2e-5)


@pytest.mark.parametrize("width", [5, 64])  # tiles of a ragged width, read number by number, and of an aligned one
def test_tiles_fold_into_what_one_tile_comes_to(host_passes: CudaPasses, width: int) -> None:
    given = case(3, 203, bias=True)
    # The maximum moves in every tile of the first row and in none after the first of the second.
    given.products[0] = torch.linspace(-40, 40, 203)
    given.products[1] = torch.linspace(40, -40, 203)
    found, total = fold_in_tiles(host_passes, given, FULL_TRANSFORM, width, ALL, torch.float32)
    wanted, wanted_total = fold_in_tiles(PLAIN, given, FULL_TRANSFORM, 203, ALL, torch.float64)
    assert_same_statistics(found, wanted)
    assert_close(total, wanted_total, relative=2e-5)


def test_a_vocabulary_of_262144_folds_to_fp32_rounding(host_passes: CudaPasses) -> None:
    given = case(2, 262_144, spread=4.0)
    found, _ = fold_in_tiles(host_passes, given, PLAIN_TRANSFORM, 8192, ("entropy",), torch.float32)
    wanted, _ = fold_in_tiles(PLAIN, given, PLAIN_TRANSFORM, 8192, ("entropy",), torch.float64)
    assert_same_statistics(found, wanted, relative=5e-6)


def test_where_a_model_is_certain_the_rest_keeps_its_digits(host_passes: CudaPasses) -> None:
    given = case(1, 300, spread=1.0)
    given.products[0, given.targets[0]] = 60.0  # the others are 1e-24 of the whole
    found, total = fold_in_tiles(host_passes, given, PLAIN_TRANSFORM, 100, ("entropy",), torch.float32)
    wanted, wanted_total = fold_in_tiles(PLAIN, given, PLAIN_TRANSFORM, 100, ("entropy",), torch.float64)
    assert_same_statistics(found, wanted, relative=3e-6)
    assert_close(total, wanted_total, absolute=0.0)


def test_logits_of_minus_infinity_weigh_nothing(host_passes: CudaPasses) -> None:
    given = case(3, 64)
    given.products[0, ::2] = -torch.inf
    given.products[1] = -torch.inf
    given.products[1, given.targets[1]] = 2.0  # all but the target
    given.products[2, :32] = -torch.inf  # a whole tile
    found, total = fold_in_tiles(
        host_passes, given, PLAIN_TRANSFORM, 32, ("entropy", "log_sum_sq_probs"), torch.float32
    )
    apart = torch.arange(64) != given.targets[:, None]
    others = given.products.double().masked_fill(~apart, -torch.inf)
    log_sums = others.logsumexp(1)
    assert_close((found.maximum + found.sum_exp.log())[[0, 2]], log_sums[[0, 2]])
    assert found.maximum[1] == LOWEST
    p = (others - log_sums[:, None]).exp()
    among = -torch.where(p > 0, p * p.log(), 0.0).sum(1)
    assert found.sum_exp_times_logit is not None
    assert_close(
        (found.sum_exp.log() - found.sum_exp_times_logit / found.sum_exp)[[0, 2]], among[[0, 2]], relative=1e-5
    )
    assert torch.isfinite(found.sum_exp_times_logit).all()
    assert torch.isfinite(total).all()
    assert total[1] == 0


def test_ties_are_seen_where_they_come_before_the_target(host_passes: CudaPasses) -> None:
    products = torch.zeros(3, 12)
    products[:, 2] = products[:, 7] = 5.0
    given = Case(products, None, torch.tensor([2, 7, 11]))
    found, _ = fold_in_tiles(host_passes, given, PLAIN_TRANSFORM, 12, ("is_top1",), torch.float32)
    assert found.maximum_before_target is not None
    top = (found.target_logit >= found.maximum) & (found.target_logit > found.maximum_before_target)
    assert top.tolist() == [True, False, False]
    assert found.maximum_before_target.tolist() == [0.0, 5.0, 5.0]


# What a row's address and length allow: whole vectors, an odd first address, an odd stride, an odd length.
LAYOUTS = [(64, 0, 64), (64, 1, 64), (64, 0, 3), (61, 0, 3)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize(("columns", "offset", "past"), LAYOUTS)
def test_kernels_touch_their_rows_alone(
    host_passes: CudaPasses, columns: int, offset: int, past: int, dtype: torch.dtype
) -> None:
    given = case(4, columns)
    rows, rescale = RowStatistics.empty(4, given.targets.device), torch.empty(4)
    tile = in_guarded_memory(given.products, offset=offset, past=past)
    out = in_guarded_memory(torch.zeros(4, columns), offset=offset, past=past, dtype=dtype)
    block = Block(given.targets, 0, None, PLAIN_TRANSFORM)
    host_passes.fold(tile, block, rows, out, rescale)
    wanted = torch.empty(4, columns)
    PLAIN.fold(given.products.clone(), block, RowStatistics.empty(4, given.targets.device), wanted, torch.empty(4))
    step = {torch.float32: 2e-6, torch.bfloat16: 2**-8, torch.float16: 2**-11}[dtype]
    assert_close(out, wanted, relative=step, absolute=2**-24 if dtype is torch.float16 else 1e-7)
    assert torch.isfinite(rows.sum_exp).all()
    for matrix in (tile, out):
        around = torch.full((matrix.untyped_storage().nbytes() // matrix.element_size(),), True)
        around.as_strided(matrix.shape, matrix.stride(), matrix.storage_offset()).fill_(False)
        memory = torch.empty(0, dtype=matrix.dtype).set_(matrix.untyped_storage())
        assert torch.isnan(memory[around]).all()
    assert {variant.vectors for variant in host_passes._run.launched} == {columns == 64 and offset == 0 and past == 64}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("columns", [64, 61])  # four at a time, and one at a time
def test_rounding_is_to_the_nearest(host_passes: CudaPasses, columns: int, dtype: torch.dtype) -> None:
    given = case(2, columns)
    block = Block(given.targets, 0, None, PLAIN_TRANSFORM)
    exact, rounded = torch.empty(2, columns), torch.empty(2, columns, dtype=dtype)
    for out in (exact, rounded):
        rows = RowStatistics.empty(2, given.targets.device)
        host_passes.fold(given.products.clone(), block, rows, out, torch.empty(2))
    assert torch.equal(exact.to(dtype), rounded)


def gradient_of(given: Case, transform: LogitTransform, *, entropy: bool) -> tuple[LogitGradient, Tensor]:
    """The inputs of `differentiate` for its rows, and the gradient that autograd finds in float64."""
    n = len(given.targets)
    generator = torch.Generator().manual_seed(1)
    g, ge = torch.randn(2, n, generator=generator, dtype=torch.float64)
    products = given.products.double().requires_grad_()
    z = products if given.bias is None else products + given.bias.double()
    z = z * transform.logit_scale
    if transform.softcap is not None:
        z = transform.softcap * torch.tanh(z / transform.softcap)
    z = z / transform.temperature
    z.retain_grad()
    log_p = torch.log_softmax(z, 1)
    p = log_p.exp()
    entropies = -torch.where(p > 0, p * log_p, 0.0).sum(1)
    loss = (g * log_p.gather(1, given.targets[:, None]).squeeze(1)).sum()
    if entropy:
        loss = loss + (ge * entropies).sum()
    loss.backward()
    assert z.grad is not None
    assert products.grad is not None
    log_z = z.detach().logsumexp(1)
    told = LogitGradient(
        log_z.float(),
        g.float(),
        z.grad.gather(1, given.targets[:, None]).squeeze(1).float(),
        ge.float() if entropy else None,
        (entropies.detach() - log_z).float() if entropy else None,
    )
    return told, products.grad


@pytest.mark.parametrize("entropy", [False, True], ids=["log_probs", "entropy"])
@pytest.mark.parametrize("transform", [PLAIN_TRANSFORM, FULL_TRANSFORM], ids=["plain", "full"])
@pytest.mark.parametrize("columns", WIDTHS)
def test_differentiate_is_the_gradient(
    host_passes: CudaPasses, columns: int, transform: LogitTransform, *, entropy: bool
) -> None:
    given = case(3, columns, bias=transform is FULL_TRANSFORM)
    told, wanted = gradient_of(given, transform, entropy=entropy)
    tile = given.products.clone()
    host_passes.differentiate(tile, Block(given.targets, 0, given.bias, transform), told, tile)
    assert_close(tile, wanted, relative=3e-5, absolute=1e-6)


def test_differentiate_knows_the_column_of_the_target_in_a_tile(host_passes: CudaPasses) -> None:
    given = case(3, 96)
    told, wanted = gradient_of(given, PLAIN_TRANSFORM, entropy=False)
    for start in (0, 32, 64):
        out = torch.full((3, 32), float("nan"), dtype=torch.bfloat16)
        block = Block(given.targets, start, None, PLAIN_TRANSFORM)
        host_passes.differentiate(given.products[:, start : start + 32].contiguous(), block, told, out)
        assert_close(out, wanted[:, start : start + 32], relative=2**-8, absolute=1e-7)


def test_a_logit_of_minus_infinity_has_no_gradient(host_passes: CudaPasses) -> None:
    given = case(2, 20)
    told, _ = gradient_of(given, PLAIN_TRANSFORM, entropy=True)
    given.products[:, 3::4] = -torch.inf
    tile = given.products.clone()
    host_passes.differentiate(tile, Block(given.targets - 100, 0, None, PLAIN_TRANSFORM), told, tile)
    assert torch.isfinite(tile).all()
    assert (tile[:, 3::4] == 0).all()
    assert (tile[:, ::4] != 0).all()


def test_rows_scale_by_their_factors(host_passes: CudaPasses) -> None:
    matrix = torch.randn(3, 1500)
    factors = torch.tensor([0.0, 1.0, 0.3])
    wanted = matrix * factors[:, None]
    host_passes.scale_rows(matrix, factors)
    assert torch.equal(matrix, wanted)


@pytest.mark.parametrize("columns", [640, 637])
def test_no_bit_depends_on_the_order_of_threads_or_on_other_rows(host_passes: CudaPasses, columns: int) -> None:
    given = case(5, columns)
    forward, total = fold_in_tiles(host_passes, given, PLAIN_TRANSFORM, columns, ALL, torch.float32)
    host_passes._run.reverse = True
    backward, total_backward = fold_in_tiles(host_passes, given, PLAIN_TRANSFORM, columns, ALL, torch.float32)
    one = Case(given.products[3:4], None, given.targets[3:4])
    alone, total_alone = fold_in_tiles(host_passes, one, PLAIN_TRANSFORM, columns, ALL, torch.float32)
    for field in fields(forward):
        assert torch.equal(getattr(forward, field.name), getattr(backward, field.name))
        assert torch.equal(getattr(forward, field.name)[3:4], getattr(alone, field.name))
    assert torch.equal(total, total_backward)
    assert torch.equal(total[3:4], total_alone)


def test_no_rows_launch_nothing(host_passes: CudaPasses) -> None:
    block = Block(torch.empty(0, dtype=torch.int64), 0, None, PLAIN_TRANSFORM)
    host_passes.fold(torch.empty(0, 8), block, RowStatistics.empty(0, torch.device("cpu")))
    host_passes.scale_rows(torch.empty(0, 8), torch.empty(0))
    assert not host_passes._run.launched


@pytest.mark.parametrize(
    ("tile", "message"),
    [
        (torch.zeros(2, 8193), "at most 8192 columns"),
        (torch.zeros(2, 8, dtype=torch.bfloat16), "statistics fp32"),
        (torch.zeros(8, 2).t(), "contiguous columns"),
    ],
)
def test_what_the_kernels_cannot_read_is_refused(host_passes: CudaPasses, tile: Tensor, message: str) -> None:
    block = Block(torch.zeros(2, dtype=torch.int64), 0, None, PLAIN_TRANSFORM)
    with pytest.raises(ValueError, match=message):
        host_passes.fold(tile, block, RowStatistics.empty(2, torch.device("cpu")))
