"""Keys and values as TOML writes them."""

from __future__ import annotations

import json
from typing import Any


def toml_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else toml_value(name)


def toml_value(value: Any) -> str:
    """A scalar or a list of them; TOML's strings, numbers and booleans are JSON's, but for the escape of DEL."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(each) for each in value)}]"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int):
        return str(value)
    text = repr(float(value))
    return text if "e" in text or "." in text else f"{text}.0"
