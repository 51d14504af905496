"""A model out of a GGUF file, ready to be trained: every weight unpacked, the tokenizer from the same file."""

from pathlib import Path
from typing import Any


def load_gguf(path: str | Path, *, dtype: Any) -> tuple[Any, Any]:
    """The model and the tokenizer of a GGUF file.

    dtype    torch's, of the weights: what was packed is unpacked to it
    returns  (a model that can be trained and saved, its tokenizer)
    raises   ImportError where the package `gguf` is missing, OSError where the file cannot be read
    """
    import transformers  # noqa: PLC0415 - seconds, and torch

    path = Path(path)
    options: dict[str, Any] = {"gguf_file": path.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, **options)
    # transformers keeps the blocks of the file where it can, and a model of blocks is neither trained nor saved;
    # versions that cannot keep them know no such setting.
    if hasattr(transformers, "GgufConfig"):
        options["quantization_config"] = transformers.GgufConfig(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, dtype=dtype, **options)
    return model, tokenizer
