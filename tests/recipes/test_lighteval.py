"""lighteval's own metric classes compute a rubric's values."""

import math

from lighteval.models.model_output import ModelResponse
from lighteval.tasks.requests import Doc

from rewardkit_trainers.evals.lighteval import rubric_metric


def test_a_sample_gets_the_rubrics_reward_and_what_has_none_is_left_out(rubric):
    metric = rubric_metric(workers=1)
    doc = Doc(query="what is 1 + 1", choices=["2"], gold_index=0)
    found = [
        metric.compute_sample(doc=doc, model_response=ModelResponse(text=[text])) for text in ("ab", "raise", "abcd")
    ]
    assert found[0] == {"rewardkit": 2.5, "rewardkit/obedient": 2.0, "rewardkit/constant": 1.0}
    assert math.isnan(found[1]["rewardkit"])
    combine = metric.get_corpus_aggregations()
    assert combine["rewardkit"]([one["rewardkit"] for one in found]) == 3.5
