"""Draws the reward of every run in a folder of results: `python examples/train/curve.py FOLDER`."""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # before pyplot: it needs no screen
from matplotlib import pyplot as plt

WINDOW = 5
"""Steps of the moving mean that is drawn."""


def draw(folder: Path) -> Path:
    """`curve.png` in the folder: a panel for each mode, a line for each seed."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*-seed-*.json"))]
    modes = sorted({run["mode"] for run in runs}, reverse=True)
    figure, panels = plt.subplots(1, len(modes), figsize=(5 * len(modes), 3.4), sharey=True, squeeze=False)
    for panel, mode in zip(panels[0], modes, strict=True):
        for run in (run for run in runs if run["mode"] == mode):
            rewards = [step["reward"] for step in run["steps"]]
            (line,) = panel.plot(range(1, len(rewards) + 1), smooth(rewards), label=f"seed {run['seed']}")
            panel.plot(range(1, len(rewards) + 1), rewards, ".", color=line.get_color(), alpha=0.3, markersize=3)
        panel.set_title(f"{'LoRA' if mode == 'lora' else 'all weights'}, mean of {WINDOW} steps")
        panel.set_xlabel("step of 8 completions")
        panel.set_ylim(0, 2.05)
        panel.grid(alpha=0.3)
        panel.legend(loc="lower right")
    panels[0][0].set_ylabel("reward: format + math")
    figure.tight_layout()
    figure.savefig(folder / "curve.png", dpi=90)
    plt.close(figure)
    return folder / "curve.png"


def smooth(values: list[float]) -> list[float]:
    """Each value's mean with those before it in the window."""
    return [sum(part) / len(part) for part in (values[max(0, i - WINDOW + 1) : i + 1] for i in range(len(values)))]


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
