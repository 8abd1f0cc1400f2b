"""In the reference, the comment behind a field or constant is what is said of it: there the code gives shapes and units."""

import ast
import re
from typing import Any

from griffe import Attribute, Docstring, Extension, Visitor

COMMENT = re.compile(r"^\s*#\s*(?!noqa|type:|fmt:)(?P<text>.+)$")


class Fields(Extension):
    """Reads `name: type  # comment` as the documentation of `name`."""

    def on_attribute_instance(self, *, node: ast.AST | Any, attr: Attribute, agent: Visitor | Any, **_: Any) -> None:
        """Give an attribute without docstring the comment that stands behind it on its last line."""
        if attr.docstring is None and isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(agent, Visitor):
            line = agent.code.splitlines()[node.end_lineno - 1].encode()  # columns of the syntax tree count bytes
            if match := COMMENT.match(line[node.end_col_offset :].decode()):
                attr.docstring = Docstring(match["text"].strip(), parent=attr)
