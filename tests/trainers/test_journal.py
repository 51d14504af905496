"""The journal of judged completions is never written through a link."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("transformers")

from rewardkit import OutputError
from rewardkit_trainers.trl.journal import FOLDER, Journal


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_planted_link_is_refused_and_its_target_stays(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("private\n")
    (tmp_path / FOLDER).mkdir()
    journal = Journal(tmp_path, rank=0, processes=1)
    journal.path.symlink_to(secret)
    judged = SimpleNamespace(batch=SimpleNamespace(training=True, step=1, progress=0.0), rows=[], results=[])
    with pytest.raises(OutputError, match="it is a link"):
        journal.write(judged)
    with pytest.raises(OutputError, match="it is a link"):
        journal.on_train_begin(None, SimpleNamespace(global_step=0), None)
    assert secret.read_text() == "private\n"
