"""Reads the text files people write, sweeps and stories, and says in a sentence what is wrong with them."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from comp_viz.errors import CompVizError
from comp_viz.validation import first_problem

Content = TypeVar("Content", bound=BaseModel)


def read_yaml(path: Path, kind: type[Content]) -> Content:
    """A YAML file as `kind`. Raises `CompVizError` naming the file, the field, what was expected and what came."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise CompVizError(f"{path.name} cannot be read as YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(content, dict):
        expected = ", ".join(name for name, field in kind.model_fields.items() if field.is_required())
        raise CompVizError(f"{path.name}: expected the fields {expected}, got {content!r:.80}.")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise CompVizError(f"{path.name}: {first_problem(error)}") from None
