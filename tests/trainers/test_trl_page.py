"""The page about TRL: its code runs as it stands, but for the model, the processor and the lengths."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")


def test_the_code_of_the_page_trains(repository: Path, model_path: Path, tmp_path: Path):
    page = (repository / "docs" / "trl.md").read_text(encoding="utf-8")
    (rubric,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert [len(block.splitlines()) <= 15 for block in blocks] == [True, True]
    (tmp_path / "rubric.yaml").write_text(rubric, encoding="utf-8")
    code = "\n".join(blocks).replace("Qwen/Qwen3-0.6B", str(model_path))
    code = code.replace("max_steps=200", "max_steps=1, use_cpu=True, max_completion_length=16")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "'rewards/math/mean'" in done.stdout
    assert (tmp_path / "run" / "judged" / "rank-00000.jsonl").read_text().count("\n") == 8
