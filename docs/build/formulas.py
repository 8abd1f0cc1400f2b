"""Formulas written as LaTeX become MathML when the site is built, which browsers draw without any script."""

import html
import re
from typing import Any

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Put MathML where the Markdown extension left LaTeX. Raises `PluginError` for a command that cannot be converted."""

    def formula(match: re.Match[str]) -> str:
        tex = html.unescape(match[2]).strip()
        mathml = convert(tex, display="block" if match[1] == "div" else "inline")
        if "\\" in mathml:
            raise PluginError(f"{page.file.src_uri}: not all of the formula {tex!r} is LaTeX that can be converted.")
        mathml = mathml.replace("<math ", f'<math alttext="{html.escape(tex)}" ', 1)
        return f'<div class="formula">{mathml}</div>' if match[1] == "div" else mathml  # wide ones scroll by themselves

    return FORMULA.sub(formula, content)
