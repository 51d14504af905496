"""The data set that `--dataset` names: a file, a folder, or a name of the hub."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewardkit import ConfigError, InputError

_BUILDERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}
_COMPRESSED = (".gz", ".zst")


def load(name: str, split: str, *, config: str | None, streaming: bool) -> Any:
    """One split of a data set, as `datasets` loads it.

    raises  InputError where there is no such file, data set or split
    """
    import datasets  # noqa: PLC0415 - seconds, and pandas

    path = Path(name)
    kinds = [suffix for suffix in path.suffixes if suffix not in _COMPRESSED]
    builder = _BUILDERS.get(kinds[-1]) if kinds else None
    try:
        if builder and path.is_file():  # a file is all of one split, whatever that is called
            return datasets.load_dataset(builder, data_files=str(path), split="train", streaming=streaming)
        if builder:
            raise InputError(f"dataset {name}: no such file; name a JSONL or Parquet file, or a data set of the hub")
        if (path / "dataset_info.json").is_file() or (path / "dataset_dict.json").is_file():
            loaded = datasets.load_from_disk(name)
        else:
            loaded = datasets.load_dataset(name, name=config, streaming=streaming)
    except datasets.exceptions.DatasetGenerationError as error:
        raise InputError(f"dataset {name}: it cannot be read: {first_line(error.__cause__ or error)}") from error
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise InputError(
            f"dataset {name}: {first_line(error)}; name a JSONL or Parquet file, or one of the hub"
        ) from error
    if not isinstance(loaded, dict):
        return loaded
    if split not in loaded:
        raise InputError(f"dataset {name}: no split {split!r}; there are {', '.join(map(str, loaded))}")
    return loaded[split]


def placed(dataset: Any, places: Mapping[str, str]) -> Any:
    """The data set with the column that `--map prompt=…` names under the name that TRL wants.

    raises  ConfigError where there is none
    """
    columns = dataset.column_names
    unknown = sorted(places.keys() - {"prompt", "ground_truth"})
    if unknown:
        raise ConfigError(f"--map {unknown[0]}=…: while training only prompt and ground_truth have a place")
    prompt = places.get("prompt", "prompt")
    if columns is not None and prompt not in columns:
        raise ConfigError(
            f"the data set has no column {prompt!r} for the prompts; use --map prompt=COLUMN: {', '.join(columns)}"
        )
    if prompt == "prompt":
        return dataset
    if columns is not None and "prompt" in columns:
        dataset = dataset.remove_columns("prompt")
    return dataset.rename_column(prompt, "prompt")


def first_line(error: BaseException) -> str:
    """The first line of a library's error message; its class name where the message is empty."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
