"""Our log-probabilities in TRL's trainer: the same training, and TRL's own wherever TRL is not as it was read."""

import logging
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("trl")

import torch
import trl.trainer.utils
from packaging.requirements import Requirement
from peft import LoraConfig
from trl import GRPOTrainer

from rewardkit_trainers.trl import RewardFuncs, reward_funcs, trl_patch
from rewardkit_trainers.trl.trainer import RewardKitGRPOTrainer

MOODY = Path(__file__).parent / "moody.py"
RUBRIC = {"rewards": {"right": {}}}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The outputs that were asked of our log-probabilities, by call."""
    import rewardkit_logps

    seen: list[tuple[str, ...]] = []
    ours = rewardkit_logps.token_statistics

    def counted(*args: Any, **said: Any) -> Any:
        seen.append(said["outputs"])
        return ours(*args, **said)

    monkeypatch.setattr(rewardkit_logps, "token_statistics", counted)
    return seen


@pytest.fixture(scope="module")
def funcs() -> Iterator[RewardFuncs]:
    made = reward_funcs(RUBRIC, plugins=[MOODY], workers=1)
    yield made
    made.close()


BF16 = {"bf16": True, "tolerance": 2e-2}
SETTINGS: dict[str, dict[str, Any]] = {
    **{f"loss {name}": {"loss_type": name} for name in ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "vespo")},
    "loss luspo": {"loss_type": "luspo", "importance_sampling_level": "sequence"},
    "reference": {"beta": 0.1},
    "two iterations": {"num_iterations": 2, "max_steps": 4},
    "old policy by steps per generation": {"steps_per_generation": 2, "per_device_train_batch_size": 4},
    "accumulation": {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
    "checkpointing": {"activation_checkpointing": True},
    "temperature": {"temperature": 0.7},
    "entropy bonus": {"entropy_coef": 0.1},
    "high entropy tokens": {"top_entropy_quantile": 0.35},  # half of them would part tokens of equal entropy
    "lora": {"peft": True},
    "lora and reference": {"peft": True, "beta": 0.1},
    "fp32 head": {"cast_lm_head_to_fp32": True},
    "bf16": BF16,
    "bf16 and lora": {**BF16, "peft": True},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_training_is_trls_own(
    setting: str,
    model_path: Path,
    dataset: Any,
    config: Callable[..., Any],
    calls: list[tuple[str, ...]],
    funcs: RewardFuncs,
):
    said = dict(SETTINGS[setting])
    tolerance = said.pop("tolerance", 1e-5)
    # Plain gradient descent: a difference in a gradient stays one of its size, where Adam makes a whole step of it.
    said = {"optim": "sgd", "learning_rate": 0.5, "lr_scheduler_type": "constant", **said}
    peft = {"peft_config": LoraConfig(r=4, target_modules="all-linear")} if said.pop("peft", False) else {}

    stock = GRPOTrainer(str(model_path), funcs, config(**said, reward_weights=funcs.weights), dataset, **peft)
    before = {name: value.clone() for name, value in stock.model.state_dict().items()}
    stock.train()
    assert not calls

    ours = RewardKitGRPOTrainer(str(model_path), RUBRIC, config(**said), dataset, plugins=[MOODY], workers=1, **peft)
    with ours.batch_scorer:
        ours.train()
    assert len(calls) >= 3

    logged = [[entry for entry in trainer.state.log_history if "loss" in entry] for trainer in (stock, ours)]
    for theirs, mine in zip(*logged, strict=True):
        for name in ("loss", "grad_norm", "entropy", *(("kl",) if said.get("beta") else ())):
            assert mine[name] == pytest.approx(theirs[name], rel=tolerance, abs=tolerance), name
    after = stock.model.state_dict()
    moved = max((after[name] - value).abs().max().item() for name, value in before.items())
    assert moved > 1e-2
    for name, value in ours.model.state_dict().items():
        assert torch.allclose(value, after[name], rtol=0, atol=tolerance), name


SMALL = {
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}
HEADS = {
    "softcap": ("Gemma2", {"head_dim": 8, "final_logit_softcapping": 5.0}),
    "divided logits": ("Granite", {"logits_scaling": 4.0}),
    "scaled logits": ("Cohere", {"logit_scale": 0.25}),
    "bias": ("Phi", {}),
}


@pytest.mark.parametrize("head", HEADS)
def test_every_kind_of_head_gives_trls_numbers_and_gradients(head: str, calls: list[tuple[str, ...]]):
    import transformers

    family, special = HEADS[head]
    torch.manual_seed(0)
    made = getattr(transformers, f"{family}Config")(**SMALL, **special)
    model = getattr(transformers, f"{family}ForCausalLM")(made).eval()
    for parameter in model.parameters():  # spread out, so that the softcap bends and the bias counts
        torch.nn.init.normal_(parameter, std=0.5)
    assert trl_patch.install()
    trl.trainer.utils.add_fused_lm_head(model, temperature=0.7, outputs=("log_probs", "entropy"))
    ids = torch.randint(1, 40, (2, 6))
    labels = ids.clone()
    labels[:, :3] = -100

    found = []
    for on in (False, True):
        model.zero_grad()
        with trl_patch.active(on=on):
            said = model(input_ids=ids, labels=labels, fused_lm_head=True)
        (said.log_probs.sum() + 0.3 * said.entropy.sum()).backward()
        gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
        found.append((said.log_probs, said.entropy, gradients))
    (log_probs, entropy, gradients), (ours, our_entropy, our_gradients) = found
    assert len(calls) == 1
    assert torch.allclose(ours, log_probs, atol=1e-5)
    assert torch.allclose(our_entropy, entropy, atol=1e-5)
    for name, gradient in gradients.items():
        assert torch.allclose(our_gradients[name], gradient, atol=1e-4, rtol=1e-4), name


def test_trls_log_probabilities_are_there_to_compare(
    model_path: Path, dataset: Any, config: Callable[..., Any], calls: list[tuple[str, ...]]
):
    trainer = RewardKitGRPOTrainer(
        str(model_path), RUBRIC, config(max_steps=1), dataset, logps="trl", plugins=[MOODY], workers=1
    )
    with trainer.batch_scorer:
        trainer.train()
    assert not calls


def test_old_reference_and_evaluated_log_probabilities_are_ours_too(
    model_path: Path,
    dataset: Any,
    config: Callable[..., Any],
    calls: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
):
    theirs: list[Any] = []
    assert trl_patch.install()
    dispatcher = getattr(trl.trainer.utils, trl_patch.NAME)
    monkeypatch.setattr(dispatcher, "original", SimpleNamespace(apply=lambda *args: theirs.append(args)))
    said = {"beta": 0.1, "num_iterations": 2, "max_steps": 2, "eval_strategy": "steps", "eval_steps": 2}
    more = {"per_device_eval_batch_size": 8, "num_generations_eval": 1}
    trainer = RewardKitGRPOTrainer(
        str(model_path), RUBRIC, config(**said, **more), dataset, eval_dataset=dataset, plugins=[MOODY], workers=1
    )
    with trainer.batch_scorer:
        trainer.train()
    assert not theirs
    # The reference and the old policy, for what was generated to train on and to evaluate; two steps, one evaluation.
    assert calls.count(("log_probs",)) == 2
    assert calls.count(("log_probs", "entropy")) == 2 + 2 + 1


def test_the_hook_is_inert_outside_our_trainer():
    assert trl_patch.install()
    hidden, weight, targets = torch.randn(3, 4), torch.randn(5, 4), torch.tensor([0, 1, 4])
    call = (hidden, weight, None, targets, 0.7, 2, None, 1.0, ("log_probs", "entropy"))
    theirs = getattr(trl.trainer.utils, trl_patch.NAME).original.apply(*call)
    outside = getattr(trl.trainer.utils, trl_patch.NAME).apply(*call)
    assert all(torch.equal(a, b) for a, b in zip(outside[:2], theirs[:2], strict=True))
    with trl_patch.active():
        inside = getattr(trl.trainer.utils, trl_patch.NAME).apply(*call)
    assert type(inside).__name__ == "TokenStatistics"
    for mine, found in zip(inside, theirs, strict=True):
        assert (mine is None) == (found is None)
        assert mine is None or torch.allclose(mine, found, atol=1e-6)


def test_a_head_that_zero3_has_sharded_is_made_whole_for_our_backward(monkeypatch: pytest.MonkeyPatch):
    gathered: list[Any] = []

    @contextmanager
    def gather(*parameters: Any) -> Iterator[None]:
        gathered.append(parameters)
        yield

    dispatcher = trl_patch.Dispatcher(None, gather)
    hidden, weight = torch.randn(3, 4, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    with trl_patch.active():
        found = dispatcher.apply(hidden, weight, None, torch.tensor([0, 1, 4]), 1.0, 2, None, 1.0, ("log_probs",))
    found[0].sum().backward()
    assert gathered
    assert gathered[0][0] is weight


def test_the_call_of_the_installed_trl_is_the_one_that_is_replaced(trls_own: Any):
    """Fails when TRL changes: read the new call, and follow it."""
    assert trl_patch.difference(trl.trainer.utils) is None


def test_the_extra_sets_no_upper_bound_to_trl(repository: Path):
    extra = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]["trl"]
    (asked,) = [Requirement(line) for line in extra if Requirement(line).name == "trl"]
    assert [bound.operator for bound in asked.specifier] == [">="]


@pytest.fixture
def trls_own(monkeypatch: pytest.MonkeyPatch) -> Any:
    """TRL's own function, restored under its name."""
    found = getattr(trl.trainer.utils, trl_patch.NAME)
    own = found.original if isinstance(found, trl_patch.Dispatcher) else found
    monkeypatch.setattr(trl.trainer.utils, trl_patch.NAME, own)
    return own


class Other:
    """A future version's function under TRL's name."""

    @staticmethod
    def forward(ctx: Any, hidden: Any, head: Any) -> None: ...

    apply = forward


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({trl_patch.NAME: None}, "has no _ChunkedLogProbFunction"),
        ({trl_patch.NAME: Other}, "forward takes ctx, hidden, head, not"),
        ({"maybe_gather_lm_head_ctx": None}, "has no maybe_gather_lm_head_ctx"),
    ],
    ids=["no such name", "other parameters", "nothing to gather with"],
)
def test_where_trl_differs_its_own_function_does_the_work(
    there: dict[str, Any],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trls_own: Any,
):
    for name, value in there.items():
        if value is None:
            monkeypatch.delattr(trl.trainer.utils, name)
        else:
            monkeypatch.setattr(trl.trainer.utils, name, value)
    found = getattr(trl.trainer.utils, trl_patch.NAME, None)
    with caplog.at_level(logging.WARNING):
        assert not trl_patch.install()
    assert said in caplog.text
    assert getattr(trl.trainer.utils, trl_patch.NAME, None) is found
