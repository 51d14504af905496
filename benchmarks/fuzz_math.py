"""Fuzzes the math reward with atheris: no exception, and no judgement over a second of processor time.

pip install atheris
python benchmarks/fuzz_math.py -max_total_time=600
"""

import sys
import time

import atheris

with atheris.instrument_imports(include=["rewardkit_math"]):
    from rewardkit_math.params import MathParams
    from rewardkit_math.reward import MathReward

from rewardkit import RewardContext, Sample

_LIMIT_S = 1.0
_reward = MathReward(MathParams(), RewardContext())


def judge(data: bytes) -> None:
    """One judgement of what the fuzzer wrote: half of it in a box, half of it bare."""
    provider = atheris.FuzzedDataProvider(data)
    boxed = provider.ConsumeBool()
    prediction = provider.ConsumeUnicodeNoSurrogates(400)
    ground_truth = provider.ConsumeUnicodeNoSurrogates(60)
    start = time.process_time()
    _reward.score([Sample(completion=f"\\boxed{{{prediction}}}" if boxed else prediction, ground_truth=ground_truth)])
    took = time.process_time() - start
    if took > _LIMIT_S:
        raise TimeoutError(f"{took:.2f} s for {prediction!r} against {ground_truth!r}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
