"""Scripts and the runtime of the engine, as they lie beside this file."""

import gzip
import json
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
RUNTIME_WASM = FOLDER / "runtime" / "ort-wasm-simd-threaded.wasm.gz"
RUNTIME_SCRIPT = FOLDER / "runtime" / "ort.wasm.bundle.min.mjs"
WORKER = ("pack.js", "worker.js")
NOWHERE = "https://engine.invalid/"
ENGINE = ("pack.js", "shapley.js", "engine.js")  # of the page, in the order they need each other
EXPORTS = re.compile(r"export\{([^}]*)\};?\s*(//# sourceMappingURL=.*\s*)?$")


@cache
def engine_script() -> str:
    """The engine as one module: `Engine`, `unzipped`, `shapley` are among its exports."""
    return "\n".join(script(name) for name in ENGINE)


@cache
def worker_script() -> str:
    """The worker as one plain script, so that it can be started from a block of bytes, also by a page opened from disk.

    There browsers start no modules. The runtime is one: its exports become those of a function, and as its own address,
    which it only needs to look for files that it is given here, it gets one that leads nowhere.
    """
    runtime = RUNTIME_SCRIPT.read_text(encoding="utf-8").replace("import.meta.url", json.dumps(NOWHERE))
    exports = EXPORTS.search(runtime)
    assert exports, f"{RUNTIME_SCRIPT.name} should end with its exports"
    named = ",".join(f"{public}:{own}" for own, public in (each.split(" as ") for each in exports[1].split(",")))
    own = "\n".join(script(name).replace("export ", "") for name in WORKER)
    return f'"use strict";\nconst ort = (() => {{\n{runtime[: exports.start()]}\nreturn {{{named}}};\n}})();\n{own}'


@cache
def runtime_wasm() -> bytes:
    """ONNX Runtime as WebAssembly, compressed with gzip, 3.7 MB."""
    return RUNTIME_WASM.read_bytes()


def script(name: str) -> str:
    """One file, without its imports of others: they are joined."""
    text = (FOLDER / "js" / name).read_text(encoding="utf-8")
    return re.sub(r"^import .*\n", "", text, flags=re.MULTILINE)


def compressed(content: bytes) -> bytes:
    """The same content always gives the same bytes."""
    return gzip.compress(content, compresslevel=9, mtime=0)
