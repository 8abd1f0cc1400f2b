"""Every method by its name: a folder beside this file with a module `method.py` that holds its `METHOD`."""

from contextlib import suppress
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from comp_viz import methods
from comp_viz.errors import CompVizError
from comp_viz.methods.contract_checks import running, speaking_of
from comp_viz.methods.contract_record import check_record
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
    """The method of a folder that is there. Raises `CompVizError` where it cannot be imported or used."""
    with speaking_of(name):
        with running(name, "method.py", "Mend it there, or take the folder away."):
            module = import_module(f"{methods.__name__}.{name}.method")
        if not hasattr(module, "METHOD"):
            raise CompVizError("expected METHOD = Method(…) in method.py, got no such name.")
        check_record(name, module.METHOD)
    method: Method = module.METHOD
    return method


def find_method(name: str) -> Method:
    """The method of this name. Raises `CompVizError` naming those there are."""
    if name not in method_names():
        raise CompVizError(f"There is no method {shortened(name, 60)!r}, only {', '.join(method_names())}.")
    return load_method(name)


def usable_methods() -> tuple[Method, ...]:
    """All methods but those that cannot be imported or used; `find_method` says of each of these why."""
    methods_found = []
    for name in method_names():
        with suppress(CompVizError):
            methods_found.append(load_method(name))
    return tuple(methods_found)


def method_of(config: NetworkConfig) -> Method:
    """The method whose configuration this is."""
    return find_method(config.method)
