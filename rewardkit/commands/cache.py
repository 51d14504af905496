"""`rewardkit cache`: what a cache holds, deleting of it, and whether it is whole."""

import re
from datetime import UTC, datetime
from time import time

from rewardkit.cache.store import Store
from rewardkit.commands import console
from rewardkit.commands.options import CacheOptions
from rewardkit.errors import ConfigError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_BYTES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def run(options: CacheOptions) -> int:
    """Does one of its actions; returns the exit code."""
    actions = {"info": _info, "prune": _prune, "verify": _verify}
    if options.action not in actions:
        raise ConfigError(f"cache {options.action}: wanted one of {', '.join(actions)}")
    console.set_up_logging(quiet=False, verbose=False)
    store = Store(options.folder, create=False)
    try:
        return actions[options.action](store, options)
    finally:
        store.close()


def _info(store: Store, options: CacheOptions) -> int:
    info = store.info()
    if options.json:
        content = info._asdict() | {"rewards": [reward._asdict() for reward in info.rewards]}
        console.json(content)
        return 0
    oldest = (
        "" if info.oldest is None else f", the oldest of {datetime.fromtimestamp(info.oldest, UTC):%Y-%m-%d %H:%M} UTC"
    )
    out = console.console()
    out.print(f"{info.entries:,} entries in {info.size / 1e6:,.1f} MB{oldest}", markup=False)
    if info.rewards:
        table = console.table("reward", "variants", "entries")
        for reward in info.rewards:
            table.add_row(console.safe(reward.name), f"{reward.variants:,}", f"{reward.entries:,}")
        out.print(table)
    return 0


def _prune(store: Store, options: CacheOptions) -> int:
    before = None if options.older_than is None else time() - _amount(options.older_than, _SECONDS, "--older-than")
    larger = None if options.larger_than is None else round(_amount(options.larger_than, _BYTES, "--larger-than"))
    if options.everything:
        before = float("inf")
    if before is None and larger is None and options.reward is None:
        raise ConfigError("cache prune: name --older-than, --larger-than, --reward or --everything")
    deleted = store.prune(before=before, larger_than=larger, reward=options.reward)
    console.note(f"{deleted:,} entries deleted, {store.info().entries:,} left")
    return 0


def _verify(store: Store, options: CacheOptions) -> int:
    damaged, entries = store.damaged(), store.info().entries
    if options.json:
        console.json({"entries": entries, "damaged": damaged})
    elif damaged:
        console.warning(f"{damaged:,} of {entries:,} entries are damaged; they are never used, and are judged again")
    else:
        console.note(f"all {entries:,} entries are whole")
    return 1 if damaged else 0


def _amount(written: str, units: dict[str, int], option: str) -> float:
    """A number with a unit: `30d`, `1.5 GB`."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", written)
    if not found or found[2].lower() not in units:
        known = ", ".join(unit for unit in units if unit)
        raise ConfigError(f"cache prune {option} {written!r}: wanted a number with one of {known}")
    return float(found[1]) * units[found[2].lower()]
