"""The folder of a cache: scores by the hash of what decided them, in one SQLite file.

Whoever reads the folder learns nothing of the samples: the key of an entry is a hash of its secret (see `keys`), and
the score, whose reason and details quote the sample, is covered with a stream that only the secret gives.

One process writes, a second one that uses the folder at the same time only reads. A process that is killed leaves the
entries of its last transaction or none of them: SQLite's write-ahead log. A checksum tells an entry that was spoiled.
"""

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import time
from typing import IO, NamedTuple, Self

from rewardkit.errors import ConfigError

VERSION = 1
FILE = "scores.sqlite"

_KEY_BYTES = 20
_CHECK_BYTES = 8
_AT_ONCE = 500
"""Keys of one query."""

_NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.juicefs", "fuse.s3fs", "fuse.sshfs", "glusterfs",
    "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "virtiofs", "wekafs",
}  # fmt: skip
"""File systems on which SQLite's locks and shared memory do not hold."""

_TABLES = """
CREATE TABLE IF NOT EXISTS rewards (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS scores (
    key BLOB PRIMARY KEY, reward INTEGER NOT NULL REFERENCES rewards (id), made INTEGER NOT NULL, score BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS scores_by_age ON scores (made);
"""


class Entry(NamedTuple):
    """A score to keep."""

    reward: str
    """Its qualified name, which `rewardkit cache info` shows."""
    reward_key: bytes
    secret: bytes
    score: bytes
    """One byte at least."""


class RewardInfo(NamedTuple):
    """The entries of one reward, whatever its versions and parameters."""

    name: str
    variants: int
    """Versions, parameters and settings that its entries were made with."""
    entries: int


class Info(NamedTuple):
    """The content of a cache."""

    entries: int
    size: int
    """Bytes of its files."""
    oldest: float | None
    """Time of the oldest entry, in seconds since 1970; None without entries."""
    rewards: list[RewardInfo]


_OPEN: dict[tuple[int, Path], "Store"] = {}
_OPENING = threading.Lock()


class Store:
    """An open cache. Every method may be called from any thread."""

    @classmethod
    def shared(cls, folder: str | Path) -> Self:
        """The cache in a folder, made where there is none: one for all of this process, closed by the last of them.

        raises  ConfigError as its constructor does
        """
        place = (os.getpid(), Path(folder).resolve())  # a forked child must not use its parent's connection
        with _OPENING:
            store = _OPEN.get(place)
            if not isinstance(store, cls):
                _OPEN[place] = store = cls(folder)
            store._users += 1
            return store

    def __init__(self, folder: str | Path, *, create: bool = True) -> None:
        """Opens the cache in a folder.

        create  make it where there is none
        raises  ConfigError where it cannot be used: on a network file system, of another version, damaged
        """
        self.folder = Path(folder)
        self._lock = threading.RLock()
        self._rewards: dict[bytes, int] = {}
        self._held: IO[bytes] | None = None
        self._users = 0
        file = self.folder / FILE
        if not create and not file.is_file():
            raise ConfigError(
                f"cache {self.folder}: there is no cache in this folder; `rewardkit score --cache` makes one"
            )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_network(self.folder)
            self._held = _only_writer(self.folder)
            self.writes = self._held is not None
            """False where another process writes, and this one only reads."""
            mode = "rwc" if self.writes else "ro"
            self._database = sqlite3.connect(
                f"{file.resolve().as_uri()}?mode={mode}", uri=True, check_same_thread=False, timeout=30
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            self._let_go()
            raise ConfigError(_found(self.folder, error)) from error
        except ConfigError:
            self._let_go()
            raise

    def _prepare(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise ConfigError(
                f"cache {self.folder}: another version of rewardkit made it (format {version}, wanted {VERSION}); "
                "name another folder, or delete this one"
            )
        if self.writes:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(f"{_TABLES} PRAGMA user_version = {VERSION};")
            # How a backup program knows that it may leave the folder out: https://bford.info/cachedir/
            (self.folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n", encoding="ascii")

    def get(self, secrets: Sequence[bytes]) -> dict[bytes, bytes]:
        """The scores of those secrets that are there."""
        keys = {_key(secret): secret for secret in secrets}
        wanted = list(keys)
        found: dict[bytes, bytes] = {}
        with self._lock:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = self._database.execute(f"SELECT key, score FROM scores WHERE key IN ({marks})", some)  # noqa: S608 - marks alone
                found |= {keys[key]: covered for key, covered in rows if _is_whole(key, covered)}
        return {secret: _covered(secret, covered[_CHECK_BYTES:]) for secret, covered in found.items()}

    def put(self, entries: Iterable[Entry]) -> None:
        """Keeps scores, all of them or none; does nothing where another process writes.

        raises  sqlite3.Error where they cannot be written: a full disk
        """
        if not self.writes:
            return
        now = int(time())
        with self._lock, self._database:
            rows = []
            for entry in entries:
                key, covered = _key(entry.secret), _covered(entry.secret, entry.score)
                rows.append((key, self._reward(entry), now, _check(key, covered) + covered))
            self._database.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?)", rows)

    def _reward(self, entry: Entry) -> int:
        """The number of a reward in this file."""
        if entry.reward_key not in self._rewards:
            self._database.execute(
                "INSERT OR IGNORE INTO rewards (name, key) VALUES (?, ?)", (entry.reward, entry.reward_key)
            )
            row = self._database.execute("SELECT id FROM rewards WHERE key = ?", (entry.reward_key,)).fetchone()
            self._rewards[entry.reward_key] = row[0]
        return self._rewards[entry.reward_key]

    def info(self) -> Info:
        """The number, size and age of its entries."""
        with self._lock:
            entries, oldest = self._database.execute("SELECT count(*), min(made) FROM scores").fetchone()
            rows = self._database.execute(
                "SELECT name, count(DISTINCT rewards.id), count(scores.key) FROM rewards JOIN scores ON reward = id "
                "GROUP BY name ORDER BY name"
            ).fetchall()
        return Info(entries, self._size(), oldest, [RewardInfo(*row) for row in rows])

    def _size(self) -> int:
        return sum(file.stat().st_size for file in self.folder.glob(f"{FILE}*"))

    def damaged(self) -> int:
        """The number of entries whose checksum is wrong; they are never used.

        raises  ConfigError where the file itself is damaged
        """
        with self._lock:
            try:
                state = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
                if state != "ok":
                    raise sqlite3.DatabaseError(state)
                rows = self._database.execute("SELECT key, score FROM scores")
                return sum(not _is_whole(key, covered) for key, covered in rows)
            except sqlite3.Error as error:
                raise ConfigError(_found(self.folder, error)) from error

    def prune(self, *, before: float | None = None, larger_than: int | None = None, reward: str | None = None) -> int:
        """Deletes entries; returns their number.

        before       those made before this time, in seconds since 1970
        larger_than  the oldest, until the file has at most this many bytes
        reward       those of this reward, short or as `dist-name:reward`
        raises       ConfigError where another process writes
        """
        if not self.writes:
            raise ConfigError(f"cache {self.folder}: another run writes to it; wait for its end")
        with self._lock:
            deleted = 0
            if before is not None:
                deleted += self._delete("made < ?", (before,))
            if reward is not None:
                of_reward = "reward IN (SELECT id FROM rewards WHERE name = ? OR name LIKE '%:' || ?)"
                deleted += self._delete(of_reward, (reward, reward))
            if larger_than is not None:
                self._shrink()
                while (size := self._size()) > larger_than and (entries := self.info().entries):
                    oldest = max(1, min(entries, round(entries * (1 - larger_than / size)) + 1))
                    deleted += self._delete("key IN (SELECT key FROM scores ORDER BY made LIMIT ?)", (oldest,))
                    self._shrink()
            self._shrink()
        return deleted

    def _delete(self, condition: str, values: tuple[object, ...]) -> int:
        with self._database:
            count = self._database.execute(f"DELETE FROM scores WHERE {condition}", values).rowcount  # noqa: S608 - ours
            self._database.execute("DELETE FROM rewards WHERE id NOT IN (SELECT reward FROM scores)")
        self._rewards.clear()
        return count

    def _shrink(self) -> None:
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes the file; of a shared one, when its last user does."""
        with _OPENING:
            self._users -= 1
            if self._users > 0:
                return
            _OPEN.pop((os.getpid(), self.folder.resolve()), None)
        with self._lock:
            self._database.close()
            self._let_go()

    def _let_go(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


def _key(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=_KEY_BYTES, person=b"rewardkit-key").digest()


def _covered(secret: bytes, text: bytes) -> bytes:
    """The text with a stream of the secret over it; a second time, the text again."""
    stream = hashlib.shake_256(b"rewardkit-cover" + secret).digest(len(text))
    return (int.from_bytes(text, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(text), "big")


def _check(key: bytes, covered: bytes) -> bytes:
    return hashlib.blake2b(key + covered, digest_size=_CHECK_BYTES).digest()


def _is_whole(key: bytes, covered: bytes) -> bool:
    return _check(key, covered[_CHECK_BYTES:]) == covered[:_CHECK_BYTES]


def _found(folder: Path, error: Exception) -> str:
    return f"cache {folder}: {error}; name another folder, or delete this one: all of it can be judged again"


def _only_writer(folder: Path) -> IO[bytes] | None:
    """The lock of the process that writes, held as long as it is open; None where another process has it."""
    lock = (folder / "writer.lock").open("ab")
    try:
        import fcntl  # noqa: PLC0415 - of POSIX

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _refuse_network(folder: Path) -> None:
    """ConfigError for a folder on a network file system."""
    kind = _file_system(folder.resolve(), _mounts())
    if kind in _NETWORK:
        raise ConfigError(
            f"cache {folder}: it is on a network file system ({kind}), where SQLite's locks do not hold; "
            "name a folder on a disk of this machine"
        )


def _mounts() -> Iterator[tuple[str, str]]:
    """Mount points of this machine and the types of their file systems."""
    with suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:  # noqa: PTH123
        for line in lines:
            before, _, after = line.partition(" - ")
            yield before.split()[4].replace("\\040", " "), after.split()[0]


def _file_system(folder: Path, mounts: Iterable[tuple[str, str]]) -> str | None:
    """The type of the file system that a folder is on, where the machine says so."""
    above: Mapping[str, str] = {
        point: kind for point, kind in mounts if folder == Path(point) or Path(point) in folder.parents
    }
    return above[max(above, key=len)] if above else None
