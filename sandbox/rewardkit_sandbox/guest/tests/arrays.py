"""Values of numpy and pandas between a driver and a program, as data: bytes with a type and a shape, never a pickle.

    {"array": [dtype, shape, base64]}     of numbers, texts of fixed length, dates
    {"objects": [shape, text]}            of plain data, which the wire carries as text
    {"scalar": array}                     a numpy scalar
    {"index" | "series" | "frame": …}     made of arrays, with names and types
    {"moment": [kind, text, zone]}        a Timestamp, a Timedelta, a missing value

What arrives may have been written by a program that lies: only the types above are built, and their sizes must agree.
"""

import base64
import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest import wire

Info = dict[str, Any]
_DTYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c(?:8|16)|[SU]\d{1,6}|[mM]8(?:\[\w{1,12}\])?)")
_EXTENSION = re.compile(
    r"U?Int(?:8|16|32|64)|Float(?:32|64)|boolean|string|str|category|datetime64\[\w+, [\w/+:-]+\]|timedelta64\[\w+\]"
    r"|datetime64\[\w+\]"
)
_MAX_ITEMS = wire.MAX_NODES


def describe(value: Any) -> Info | None:
    """The description of a value of numpy or pandas; None for any other value, and for one with parts of its own."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    try:
        if numpy is not None and (type(value) is numpy.ndarray or isinstance(value, numpy.generic)):
            return _array(value) if type(value) is numpy.ndarray else {"scalar": _array(numpy.asarray(value))}
        if pandas is not None:
            return _of_pandas(value, pandas)
    except (wire.WireError, ValueError, TypeError, AttributeError, OverflowError):
        return None
    return None


def is_mutable(value: Any) -> bool:
    """True for what a call may change in place."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    return (numpy is not None and type(value) is numpy.ndarray) or (
        pandas is not None and type(value) in (getattr(pandas, "DataFrame", None), getattr(pandas, "Series", None))
    )


def update(value: Any, new: Any) -> bool:
    """Makes an array or a table what a call made of it; False for values of other types."""
    if type(value) is not type(new) or not is_mutable(value):
        return False
    if hasattr(value, "iloc"):
        type(value).__init__(value, new)
    elif value.shape == new.shape and value.dtype == new.dtype:
        value[...] = new
    return True


def _array(value: Any) -> Info:
    dtype = value.dtype
    if dtype.kind == "O":
        return {"objects": [list(value.shape), wire.encode(value.ravel().tolist(), _moments, flatten=False).decode()]}
    if not _DTYPE.fullmatch(dtype.str):
        raise TypeError(dtype.str)
    return {"array": [dtype.str, list(value.shape), base64.b64encode(value.tobytes()).decode()]}


def _of_pandas(value: Any, pandas: Any) -> Info | None:
    if value is pandas.NaT or value is pandas.NA:
        return {"moment": ["NaT" if value is pandas.NaT else "NA", "", None]}
    kind = type(value)
    if kind is pandas.Timestamp:
        return {"moment": ["Timestamp", value.isoformat(), str(value.tz) if value.tz is not None else None]}
    if kind is pandas.Timedelta:
        return {"moment": ["Timedelta", str(value.value), None]}
    if kind is pandas.Series:
        return {"series": {"values": _column(value), "index": _index(value.index, pandas), "name": _name(value.name)}}
    if kind is pandas.DataFrame:
        columns = [_column(value.iloc[:, at]) for at in range(value.shape[1])]
        return {
            "frame": {"data": columns, "columns": _index(value.columns, pandas), "index": _index(value.index, pandas)}
        }
    if isinstance(value, pandas.Index):
        return _index(value, pandas)
    return None


def _column(values: Any) -> Info:
    """The values of a series or an index, with their type where it is one of pandas' own."""
    dtype = str(values.dtype)
    if dtype == "category":
        return {
            "category": _column(values.astype(object)),
            "categories": _column(getattr(values, "cat", values).categories),
            "ordered": bool(getattr(values, "cat", values).ordered),
        }
    if _DTYPE.fullmatch(getattr(values.dtype, "str", "")) and values.dtype.kind not in "SUmM":
        return _array(values.to_numpy())
    if dtype != "object" and not _EXTENSION.fullmatch(dtype):
        raise TypeError(dtype)
    text = wire.encode(list(values), _moments, flatten=False).decode()
    return {"objects": [[len(values)], text], "dtype": dtype}


def _index(index: Any, pandas: Any) -> Info:
    names = [_name(name) for name in index.names]
    if isinstance(index, pandas.RangeIndex):
        return {"index": {"range": [index.start, index.stop, index.step], "names": names}}
    if isinstance(index, pandas.MultiIndex):
        levels = [_column(index.get_level_values(at)) for at in range(index.nlevels)]
        return {"index": {"levels": levels, "names": names}}
    frequency = getattr(index, "freqstr", None)
    return {"index": {"values": _column(index), "names": names, "freq": frequency}}


def _name(name: Any) -> str:
    """A name, which may be any plain value, as the wire's text."""
    return wire.encode(name, _moments, flatten=False).decode()


def _moments(value: Any) -> Info:
    """Describes what stands in arrays of objects: numpy's scalars and pandas' moments, nothing else."""
    info = describe(value)
    if info is None or not info.keys() <= {"scalar", "moment"}:
        raise wire.WireError(f"a value of type {type(value).__name__} in an array")
    return info


def revive(info: Info) -> Any:
    """The value that a description describes; raises WireError for one that is not right."""
    for key, build in _BUILD.items():
        if key in info:
            try:
                return build(info)
            except wire.WireError:
                raise
            except Exception as exc:
                raise wire.WireError(f"an invalid array ({type(exc).__name__})") from exc
    raise wire.WireError("an object of no known kind")


def known(info: Any) -> bool:
    """True for descriptions that `revive` reads."""
    return type(info) is dict and any(key in info for key in _BUILD)


def _pandas() -> Any:
    return importlib.import_module("pandas")


def _build_array(info: Info) -> Any:
    np = importlib.import_module("numpy")

    dtype, shape, data = info["array"]
    if type(dtype) is not str or not _DTYPE.fullmatch(dtype):
        raise wire.WireError("an array of an unknown type")
    made = np.frombuffer(base64.b64decode(data, validate=True), dtype=np.dtype(dtype))
    return made.reshape([_size(size) for size in shape]).copy()


def _size(size: Any) -> int:
    if type(size) is not int or not 0 <= size <= _MAX_ITEMS:
        raise wire.WireError("an array of an unknown shape")
    return size


def _build_objects(info: Info) -> Any:
    """An array of plain data, in the type that pandas gave it."""
    np = importlib.import_module("numpy")

    shape, text = info["objects"]
    given = wire.decode(text.encode(), _revive_moment)
    items = np.empty(len(given), dtype=object)
    for at, item in enumerate(given):
        items[at] = item  # at once, numpy would take lists apart
    items = items.reshape([_size(size) for size in shape])
    dtype = info.get("dtype")
    if dtype is None or dtype == "object":
        return items
    if type(dtype) is not str or not _EXTENSION.fullmatch(dtype):
        raise wire.WireError("a column of an unknown type")
    pd = _pandas()

    return pd.array(list(items), dtype=dtype)


def _revive_moment(info: Any) -> Any:
    if type(info) is not dict or not info.keys() <= {"scalar", "moment"}:
        raise wire.WireError("an object in an array")
    return revive(info)


def _build_category(info: Info) -> Any:
    pd = _pandas()

    return pd.Categorical(
        list(revive(info["category"])), categories=list(revive(info["categories"])), ordered=bool(info["ordered"])
    )


def _build_index(info: Info) -> Any:
    pd = _pandas()

    body = info["index"]
    names = [wire.decode(name.encode(), _revive_moment) for name in body["names"]]
    if "range" in body:
        return pd.RangeIndex(*map(int, body["range"]), name=names[0])
    if "levels" in body:
        return pd.MultiIndex.from_arrays([revive(level) for level in body["levels"]], names=names)
    made = pd.Index(revive(body["values"]), name=names[0], dtype=body["values"].get("dtype"))
    if type(body.get("freq")) is str and hasattr(made, "freq"):
        made.freq = body["freq"]
    return made


def _build_series(info: Info) -> Any:
    pd = _pandas()

    body = info["series"]
    name = wire.decode(body["name"].encode(), _revive_moment)
    return pd.Series(revive(body["values"]), index=_build_index(body["index"]), name=name)


def _build_frame(info: Info) -> Any:
    pd = _pandas()

    body = info["frame"]
    index, columns = _build_index(body["index"]), _build_index(body["columns"])
    made = pd.DataFrame(dict(enumerate(revive(column) for column in body["data"])), index=index)
    made.columns = columns
    return made


def _build_moment(info: Info) -> Any:
    pd = _pandas()

    kind, text, zone = info["moment"]
    if kind in ("NaT", "NA"):
        return getattr(pd, kind)
    if kind == "Timedelta":
        return pd.Timedelta(int(text), unit="ns")
    return pd.Timestamp(text) if zone is None else pd.Timestamp(text).tz_convert(zone)


_BUILD: dict[str, Callable[[Info], Any]] = {
    "array": _build_array,
    "objects": _build_objects,
    "category": _build_category,
    "scalar": lambda info: _build_array(info["scalar"])[()],
    "index": _build_index,
    "series": _build_series,
    "frame": _build_frame,
    "moment": _build_moment,
}
