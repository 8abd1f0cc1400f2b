"""Reads the text files people write, sweeps and stories, and says in a sentence what is wrong with them."""

from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.validation import first_problem, shortened_value

Content = TypeVar("Content", bound=BaseModel)
MOST_BYTES, MOST_NODES = (
    256 * 1024,
    20_000,
)  # of a file; its texts, numbers, lists and mappings, far beyond any story or sweep


class PlainLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML states no types
    """YAML of a bounded size without aliases, which let a few lines stand for billions; what looks like a date stays text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One text, number, list or mapping."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not read; write the part out", mark)
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise yaml.composer.ComposerError(None, None, f"it has more than {MOST_NODES:,} entries", None)
        return super().compose_node(parent, index)


def read_yaml(path: Path, kind: type[Content]) -> Content:
    """A YAML file as `kind`. Raises `CompVizError` naming the file, the field, what was expected and what came."""
    content = parse_yaml(path)
    if not isinstance(content, dict):
        expected = ", ".join(name for name, field in kind.model_fields.items() if field.is_required())
        raise CompVizError(f"{path.name}: expected the fields {expected}, got {shortened_value(content)}.")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise CompVizError(f"{path.name}: {first_problem(error)}") from None


def parse_yaml(path: Path) -> object:
    """What a YAML file holds, as plain values. Raises `CompVizError` for whatever is wrong with it."""
    try:
        if not path.is_file():
            raise CompVizError(f"{path.name} cannot be read: it is no file.")
        if path.stat().st_size > MOST_BYTES:
            raise CompVizError(f"{path.name} has more than {MOST_BYTES // 1024} kB, which no text of this kind needs.")
        return yaml.load(path.read_text(encoding="utf-8"), PlainLoader)
    except CompVizError:
        raise
    except (*UNREADABLE, yaml.YAMLError) as error:  # values that look like numbers and are none raise many things
        reason = " ".join(str(error).split()) or type(error).__name__
        reason = reason if len(reason) <= 300 else f"{reason[:300]} …"
        raise CompVizError(f"{path.name} cannot be read as YAML ({reason}).") from None
