"""Every method by its name: a folder beside this file with a module `method.py` that holds its `METHOD`."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from comp_viz import methods
from comp_viz.errors import CompVizError
from comp_viz.methods.method import Method
from comp_viz.network.config import NetworkConfig
from comp_viz.wording import shortened

FIRST = "comp"  # the method that cards mean which name none


def method_names() -> tuple[str, ...]:
    """All methods, ComP first; none of them is imported for it."""
    folders = sorted(folder.name for folder in iter_modules(methods.__path__) if folder.ispkg)
    return tuple(sorted(folders, key=lambda name: name != FIRST))


@cache
def load_method(name: str) -> Method:
    """The method of a folder that is there."""
    method: Method = import_module(f"{methods.__name__}.{name}.method").METHOD
    if method.name != name or method.config.method != name:
        raise CompVizError(
            f"comp_viz/methods/{name}: METHOD.name and the configuration's `method` should be {name!r}, "
            f"got {method.name!r} and {method.config.method!r}."
        )
    return method


def find_method(name: str) -> Method:
    """The method of this name. Raises `CompVizError` naming those there are."""
    if name not in method_names():
        raise CompVizError(f"There is no method {shortened(name, 60)!r}, only {', '.join(method_names())}.")
    return load_method(name)


def method_of(config: NetworkConfig) -> Method:
    """The method whose configuration this is."""
    return find_method(config.method)
