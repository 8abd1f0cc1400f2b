"""What pages have beside their figure where our own server serves them: they ask it where the class is, and follow."""

from pathlib import Path

from comp_viz.figures.style import DARK, LIGHT, Palette

HERE = Path(__file__).parent
PARTS = "parts"  # the folder of what the pages of a story load; names in it change with the content
HALL_SCRIPTS = ("hall.js", "class_guess.js")
INDEX_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # of a page without a figure
BANNER = """<div id="class"><p role="status">Looking for the class …</p><button type="button" hidden>Back to the class</button></div>
"""
TONES = ("ink", "truth", "faint", "neutral", "ground", "mark")


def asking(policy: str) -> str:
    """A content policy that lets scripts of the page ask our own server, and nobody else."""
    scripts = "" if "script-src" in policy else "; script-src 'unsafe-inline'"
    return f"{policy}{scripts}; connect-src 'self'"


def follow_script(base: str) -> str:
    """The script of a page without a figure that follows the class; `base` leads to the class's address."""
    script = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("dom.js", "hall.js"))
    return f"""<script>
"use strict";
{script}
new Hall({{ base: "{base}" }});
</script>
"""


def door_page() -> str:
    """The page at the class's address, until it goes to where the class is."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    light, dark = (tones(palette) for palette in (LIGHT, DARK))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{asking(INDEX_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ComP Viz: the class</title>
<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}{style}</style>
</head>
<body>
{BANNER}<h1>The class</h1>
<p>This page goes along with the lecture by itself, also after the phone has slept or lost the network.</p>
<noscript><p>Going along takes JavaScript.</p></noscript>
{follow_script("")}</body>
</html>
"""


def tones(palette: Palette) -> str:
    """Colours that the style of a page without a figure uses."""
    return "".join(f"--{name}:{getattr(palette, name)};" for name in TONES)
