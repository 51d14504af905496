"""lm-eval itself evaluates a task whose metric is a rubric."""

import math

from lm_eval.api.registry import get_aggregation

from rewardkit_trainers.evals.lm_eval import process_results


def test_a_document_gets_the_rubrics_reward_and_what_has_none_is_left_out(rubric):
    doc = {"question": "what is 1 + 1", "answer": "2"}
    found = [process_results(doc, [text])["rewardkit"] for text in ("ab", "raise", "abcd")]
    assert (found[0], found[2]) == (2.5, 4.5)
    assert math.isnan(found[1])
    assert process_results(doc, ["ab"])["rewardkit/obedient"] == 2.0
    assert get_aggregation("rewardkit_mean")(found) == 3.5


def test_lm_eval_runs_a_task_with_it(rubric, tmp_path):
    import datasets
    from lm_eval.api.model import LM
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import evaluate
    from lm_eval.tasks import get_task_dict

    class Says(LM):
        def generate_until(self, requests, **_):
            return [("ab", "raise", "abcd")[n % 3] for n, _ in enumerate(requests)]

        def loglikelihood(self, requests):
            raise NotImplementedError

        def loglikelihood_rolling(self, requests):
            raise NotImplementedError

    rows = [{"question": f"what is {n} + 1", "answer": "2"} for n in range(3)]
    datasets.Dataset.from_list(rows).to_json(tmp_path / "rows.jsonl")
    task = ConfigurableTask(
        config={
            "task": "sums",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(tmp_path / "rows.jsonl")}},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": "{{question}}",
            "doc_to_target": "{{answer}}",
            "process_results": process_results,
            "metric_list": [{"metric": "rewardkit", "aggregation": "rewardkit_mean", "higher_is_better": True}],
        }
    )
    results = evaluate(Says(), get_task_dict([task]), bootstrap_iters=0)
    assert results["results"]["sums"]["rewardkit,none"] == 3.5
