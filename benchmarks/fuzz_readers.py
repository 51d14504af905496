"""Gives each reader of foreign data spoiled files for a while, and counts what is not an ordinary refusal.

    python benchmarks/fuzz_readers.py --reader jsonl --minutes 10

Readers: jsonl, csv, parquet, yaml, toml, tests (what the reward `code` is given as tests). A file that is well read or
refused by an error of rewardkit's own is right; any other exception, a death, more than 512 MB or more than 10 s of
processor time is a finding. The files of one batch are read in a child, whose memory is measured.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import random
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rewardkit import RewardContext, RewardkitError, Rubric, Sample
from rewardkit.codec import from_block
from rewardkit.input.files import read_rows

TOML = b"""[rewards.math]
weight = 1.0
[rewards.format]
weight = 0.1
params = {preset = "auto"}
[limits]
deadline_s = 3
"""
ROOT = Path(__file__).parents[1]
BATCH = 200
MOST_MB = 512
MOST_S = 10
TOKENS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"\\u0000",
    b"\\ud800",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xf0\x9f\x98\x80",
    b"1e999",
]
TOKENS += [
    b"-0",
    b"NaN",
    b"null",
    b"*a",
    b"&a",
    b"<<: ",
    b"!!python/object:os.system ",
    b"---\n",
    b"'''",
    b'"""',
    b"[[",
    b"= ",
    b"  ",
]
TOKENS += [
    b"9" * 400,
    b"[" * 300,
    b'{"a":' * 200,
    b"assert ",
    b"def f(",
    b"lambda:",
    b"\xef\xbb\xbf",
    b"| ",
    b"> ",
    b"0x",
    b"1_0",
]


def spoiled(seed: bytes, dice: random.Random) -> bytes:
    """The seed with one to eight changes: bytes flipped, cut, moved, doubled, or tokens put in."""
    data = bytearray(seed)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        length = dice.choice((1, 2, 8, 64, 512))
        match dice.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << dice.randrange(8)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * dice.choice((1, 2, 50))
            case 3:
                data[at:at] = dice.choice(TOKENS)
            case 4:
                other = dice.randrange(len(data) + 1)
                data[at:at] = data[other : other + length]
            case _ if data:
                data[at % len(data)] = dice.randrange(256)
    return bytes(data)


def _rows(suffix: str, folder: Path) -> Callable[[bytes], None]:
    path = folder / f"rows{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        for row in read_rows(path, limit=1000):
            block = row.data.get("rewardkit") if isinstance(row.data, dict) else None
            if isinstance(block, dict):
                from_block(block)

    return read


def _rubric(suffix: str, folder: Path) -> Callable[[bytes], None]:
    path = folder / f"rubric{suffix}"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        Rubric.load(path)

    return read


def _tests(_: Path) -> Callable[[bytes], None]:
    from rewardkit_code.reward import CodeReward

    reward = CodeReward(CodeReward.Params(), RewardContext())

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        values: list[object] = [text]
        with contextlib.suppress(ValueError, RecursionError):
            values.append(json.loads(text))
        for value in values:
            reward.score([Sample(completion="I do not know.", ground_truth=value, prompt="p")])

    return read


def _seeds(reader: str) -> list[bytes]:
    if reader == "yaml":
        return [path.read_bytes() for path in sorted((ROOT / "rewardkit" / "rubrics").glob("*.yaml"))]
    if reader == "toml":
        return [TOML]
    lines = (ROOT / "examples" / "completions.jsonl").read_bytes().splitlines()
    if reader == "tests":
        rows = map(json.loads, (ROOT / "examples" / "code" / "layouts.jsonl").read_text().splitlines())
        found = [row.get("ground_truth") or row for row in rows]
        return [(truth if isinstance(truth, str) else json.dumps(truth)).encode("utf-8", "replace") for truth in found]
    if reader == "csv":
        return [b'prompt,completion,ground_truth\n"a, b","x ""y""",7\n' + b"p,c,3\n" * 20]
    if reader == "parquet":
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.Table.from_pylist(
            [{"prompt": "p", "completion": "c" * n, "ground_truth": str(n)} for n in range(50)]
        )
        seeds = []
        for compression in ("none", "zstd", "snappy"):
            buffer = io.BytesIO()
            parquet.write_table(table, buffer, compression=compression)
            seeds.append(buffer.getvalue())
        return seeds
    return [b"\n".join(lines[start : start + 5]) for start in range(0, len(lines), 5)]


READERS: dict[str, Callable[[Path], Callable[[bytes], None]]] = {
    "jsonl": lambda folder: _rows(".jsonl", folder),
    "csv": lambda folder: _rows(".csv", folder),
    "parquet": lambda folder: _rows(".parquet", folder),
    "yaml": lambda folder: _rubric(".yaml", folder),
    "toml": lambda folder: _rubric(".toml", folder),
    "tests": _tests,
}


def _batch(reader: str, number: int, folder: str, results: "multiprocessing.Queue[tuple[int, list[str]]]") -> None:
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)  # a file that takes too long ends the child
    dice = random.Random(number)
    read, seeds, findings = READERS[reader](Path(folder)), _seeds(reader), []
    for index in range(BATCH):
        data = spoiled(dice.choice(seeds), dice)
        Path(folder, "last").write_bytes(data)
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST_S)
        try:
            read(data)
        except RewardkitError:
            pass
        except Exception as error:  # noqa: BLE001 - each is a finding
            findings.append(f"batch {number}, file {index}: {type(error).__name__}: {str(error)[:200]}")
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    megabytes = (
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    )
    results.put((megabytes, findings))
    results.close()
    results.join_thread()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", choices=sorted(READERS), required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first batch; a batch is repeated by its number"
    )
    options = parser.parse_args()
    end, number, most, findings = time.monotonic() + 60 * options.minutes, options.first, 0, []
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            results: multiprocessing.Queue[tuple[int, list[str]]] = multiprocessing.Queue()
            child = multiprocessing.get_context("fork").Process(
                target=_batch, args=(options.reader, number, folder, results)
            )
            child.start()
            child.join()
            if child.exitcode:
                last = Path(folder, "last").read_bytes()[:200]
                findings.append(f"batch {number}: the child ended with {child.exitcode} on {last!r}")
            else:
                megabytes, found = results.get()
                findings += found
                most = max(most, megabytes)
                if megabytes > MOST_MB:
                    findings.append(f"batch {number}: {megabytes} MB")
            number += 1
    files = (number - options.first) * BATCH
    print(
        f"{options.reader}: {files} files in {options.minutes:g} minutes, at most {most} MB, {len(findings)} findings"
    )
    for finding in findings[:50]:
        print(" ", finding)


if __name__ == "__main__":
    main()
