"""Harbor reads the reward.json that `rewardkit score --to harbor` wrote."""

import json
import subprocess
import sys
from types import SimpleNamespace

from harbor.verifier.verifier import Verifier


def test_harbor_reads_the_rewards_by_name(tmp_path):
    row = {"prompt": "q", "completion": "\\boxed{2}", "answer": "2"}
    (tmp_path / "row.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "math.yaml").write_text("rewards: {math: {}, format: {weight: 0}}")
    path = tmp_path / "reward.json"
    command = [
        sys.executable,
        "-m",
        "rewardkit",
        "score",
        str(tmp_path / "row.jsonl"),
        "-c",
        str(tmp_path / "math.yaml"),
    ]
    subprocess.run([*command, "--to", "harbor", "-o", str(path)], check=True, capture_output=True)
    verifier = SimpleNamespace(trial_paths=SimpleNamespace(reward_json_path=path))
    assert Verifier._parse_reward_json(verifier) == {"reward": 1.0, "math": 1.0, "format": 0.0}
