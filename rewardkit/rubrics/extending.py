"""`extends`: a rubric that starts from another one, by name or by file.

Mappings are merged key by key, also inside a reward and its parameters; everything else replaces what was there. A
reward is switched off with `weight: 0`.

    extends: r1
    rewards:
      language: {weight: 0}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewardkit.errors import ConfigError
from rewardkit.rubrics.named import NAMES, path_of
from rewardkit.rubrics.parsing import parsed
from rewardkit.suggestions import nearest


def extended(data: Mapping[Any, Any], folder: Path, where: str, seen: tuple[Path, ...] = ()) -> dict[Any, Any]:
    """Plain data of a rubric with what it extends filled in, and its plugin files as seen from where we are.

    folder  what relative paths of the rubric start from
    raises  ConfigError if a base is not there, is not a mapping, or extends itself
    """
    own = {key: value for key, value in data.items() if key != "extends"}
    if isinstance(files := own.get("plugins"), list | tuple) and all(isinstance(file, str) for file in files):
        own["plugins"] = [str(folder / file) for file in files]
    base = data.get("extends")
    if base is None:
        return own
    if not isinstance(base, str):
        raise ConfigError(f"{where}: extends: wanted the name or the file of a rubric, found {base!r:.80}")
    path = path_of(base) if base in NAMES else folder / base
    if path in seen:
        raise ConfigError(f"{where}: extends: {base!r} extends itself: {' -> '.join(map(str, [*seen, path]))}")
    if not path.is_file():
        raise ConfigError(f"{where}: extends: no rubric {base!r}{nearest(base, NAMES)}; or name a file")
    content = parsed(path)
    if not isinstance(content, Mapping):
        raise ConfigError(f"{where}: extends: {path} is not a rubric; it must be a mapping")
    return _merged(extended(content, path.parent, where, (*seen, path)), own)


def _merged(base: Mapping[Any, Any], over: Mapping[Any, Any]) -> dict[Any, Any]:
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = _merged(old, value)
        elif not (value is None and isinstance(old, Mapping)):  # `math:` with nothing behind it changes nothing
            result[key] = value
    return result
