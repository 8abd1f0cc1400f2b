"""Libraries that only some formats need, of the extra `formats`."""

from importlib import import_module
from types import ModuleType

from comp_viz.errors import CompVizError


def import_format_library(name: str, need: str) -> ModuleType:
    """Import a library of the extra `formats`. Raises `CompVizError` with `need` and what installs it when it is absent."""
    try:
        return import_module(name)
    except ImportError:
        raise CompVizError(
            f"{need}, which takes the library {name}: pip install 'comp-viz[formats]', in a checkout pip install {PACKAGES[name]}."
        ) from None


PACKAGES = {
    "h5py": "h5py", "praatio": "praatio", "pympi": "pympi-ling", "pysubs2": "pysubs2", "python_calamine": "python-calamine",
}  # fmt: skip
