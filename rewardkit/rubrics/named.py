"""Rubrics that come with rewardkit, by name: `-c r1` is `r1.yaml` in this folder."""

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES: tuple[str, ...] = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
"""All that there are."""


def path_of(name: str | Path) -> Path:
    """The file of a rubric: one of ours by its name, else the path itself. `./r1` is a file of that name."""
    return FOLDER / f"{name}.yaml" if str(name) in NAMES else Path(name)


def description_of(name: str) -> str:
    """The first sentence of the comment at the top of the file."""
    lines = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    comment: list[str] = []
    for line in lines:
        if not line.startswith("# "):
            break
        comment.append(line.removeprefix("# ").strip())
    return " ".join(comment).partition(". ")[0].rstrip(".") + "."
