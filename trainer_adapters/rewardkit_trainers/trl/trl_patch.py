"""The one place where TRL's log-probabilities become ours.

In TRL 1.16 the log-probabilities of the policy, of the old policy and of the reference all come from the forward that
`add_fused_lm_head` gives a model, and that forward calls one name of its module, `trl.trainer.utils`:

    _ChunkedLogProbFunction.apply(hidden, weight, bias, targets, temperature, chunk_size, softcap, logit_scale, outputs)

`install` puts a dispatcher under that name. Inside `active()` it calls `rewardkit_logps.token_statistics`; elsewhere,
and so for every other trainer of the process, TRL's own function. Everything around it stays TRL's: PEFT, the gathering
of sharded heads, the choice of positions, mixtures of experts, vLLM.

The name is private to TRL, and this is the only module that touches it. There is no public place: subclassing can
replace the whole forward of the model, with all that stands around the call, and would have to follow TRL in each of
these. So what is relied on is checked when it is installed (the name and its parameters, whatever TRL's version), and
where anything differs nothing is replaced and TRL's function does the work.
"""

import importlib
import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

logger = logging.getLogger(__name__)

MODULE = "trl.trainer.utils"
NAME = "_ChunkedLogProbFunction"
PARAMETERS = (
    "ctx",
    "hidden",
    "weight",
    "bias",
    "targets",
    "temperature",
    "chunk_size",
    "final_logit_softcapping",
    "logit_scale",
    "outputs",
)

_active: ContextVar[bool] = ContextVar("rewardkit_logps_active", default=False)


class Dispatcher:
    """Stands under TRL's name: ours where it is active, TRL's everywhere else."""

    def __init__(self, original: Any, gather: Any) -> None:
        """The replaced function, and the gather of a ZeRO-3 head, which our backward needs too."""
        self.original = original
        self._gather = gather

    def apply(
        self,
        hidden: Any,
        weight: Any,
        bias: Any,
        targets: Any,
        temperature: float,
        chunk_size: int,
        softcap: float | None,
        logit_scale: float,
        outputs: tuple[str, ...],
    ) -> Any:
        """TRL's call."""
        if not _active.get():
            return self.original.apply(
                hidden, weight, bias, targets, temperature, chunk_size, softcap, logit_scale, outputs
            )
        from rewardkit_logps import token_statistics  # noqa: PLC0415 - torch

        return token_statistics(
            hidden,
            weight,
            bias,
            targets,
            temperature=temperature,
            softcap=softcap,
            logit_scale=logit_scale,
            outputs=outputs,
            gather=self._gather,
        )


@contextmanager
def active(*, on: bool = True) -> Iterator[None]:
    """Our log-probabilities inside, for this thread or task, as far as they are installed."""
    token = _active.set(on)
    try:
        yield
    finally:
        _active.reset(token)


def install() -> bool:
    """Puts the dispatcher under TRL's name, once a process; False, with a warning, where TRL is not as expected."""
    module = importlib.import_module(MODULE)
    if isinstance(getattr(module, NAME, None), Dispatcher):
        return True
    if differs := difference(module):
        logger.warning("log-probabilities stay TRL's own, because %s", differs)
        return False
    setattr(module, NAME, Dispatcher(getattr(module, NAME), module.maybe_gather_lm_head_ctx))
    return True


def difference(module: Any) -> str | None:
    """The first difference to the call that this was written for, TRL 1.16's; None if there is none."""
    function = getattr(module, NAME, None)
    forward = getattr(function, "forward", None)
    if forward is None or not hasattr(function, "apply"):
        return f"{MODULE} has no {NAME} that is a function of autograd's"
    found = tuple(inspect.signature(forward).parameters)
    if found != PARAMETERS:
        return f"{NAME}.forward takes {', '.join(found)}, not {', '.join(PARAMETERS)}"
    if not hasattr(module, "maybe_gather_lm_head_ctx"):
        return f"{MODULE} has no maybe_gather_lm_head_ctx"
    return None
