"""One process of a run in which something goes wrong, for `test_faults.py`: TRL's GRPO, and what each completion got.

torchrun --nproc-per-node 2 faulty_run.py MODEL OUTPUT [WORKERS]
"""

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch
from datasets import Dataset
from trl import GRPOConfig

from rewardkit_trainers.trl import RewardKitGRPOTrainer

FAULTY = Path(__file__).parent / "faulty.py"
RANK = int(os.environ["RANK"])
KILLED = 3


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def kill_judges(folder: Path, killed: list[int]) -> None:
    """Kills judging processes while they judge, KILLED of them, none at what another was killed at."""
    seen: set[str] = set()
    while len(killed) < KILLED:
        time.sleep(0.05)
        for path in folder.iterdir():
            path.unlink()
            pid, digest = path.name.split("-")
            if digest not in seen and len(killed) < KILLED:
                seen.add(digest)
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
                    killed.append(int(pid))


def main(model: str, output: Path, workers: str) -> None:
    fault = os.environ["FAULT"]
    killed: list[int] = []
    if fault == "kill" and (0 if workers == "node" else 1) == RANK:
        os.environ["JUDGING"] = str(output / "judging")
        (output / "judging").mkdir()
        threading.Thread(target=kill_judges, args=(output / "judging", killed), daemon=True).start()
    service = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    os.environ["SERVICE"] = f"http://127.0.0.1:{service.server_port}"
    rows = [{"prompt": f"what is {a} and {b}"} for a in ("one", "two") for b in ("one", "two")] * 2
    trainer = RewardKitGRPOTrainer(
        model,
        {"rewards": {"faulty": {}}, "limits": {"deadline_s": 0.5, "batch_s": 3 if fault == "hang" else 60}},
        GRPOConfig(
            output_dir=str(output / "run"),
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=6,
            max_steps=3,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            bf16=False,
            use_cpu=True,
            activation_checkpointing=False,
            disable_tqdm=True,
            dataloader_pin_memory=False,
            ddp_timeout=20,
        ),
        Dataset.from_list(rows),
        plugins=[FAULTY],
        workers="node" if workers == "node" else int(workers),
    )
    judged: list[dict[str, object]] = []

    def keep(batch: object) -> None:
        judged.extend(
            {
                "step": batch.batch.step,
                "text": row["completion"],
                "reward": result.reward,
                "kind": result.scores["faulty"].kind,
            }
            for row, result in zip(batch.rows, batch.results, strict=True)
        )
        if fault == "service":
            service.shutdown()
            service.server_close()

    trainer.batch_scorer.listeners.append(keep)
    trainer.train()
    found = {
        "judged": judged,
        "killed": len(killed),
        "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
        "failures": trainer.batch_scorer.listeners.failures,
    }
    (output / f"rank-{RANK}.json").write_text(json.dumps(found))
    torch.distributed.barrier()  # rank 0 may own what judges for all
    trainer.batch_scorer.close()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
