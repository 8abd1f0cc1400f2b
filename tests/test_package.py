"""The package: a wheel holds the whole product, which works from a folder that has nothing in it."""

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
import zipfile
from importlib.metadata import Distribution
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

import comp_viz
from comp_viz.__main__ import COMMANDS, main
from comp_viz.commands import doctor
from comp_viz.resources import INSTALLED, PRODUCT, find, guide, places, shipped, working
from comp_viz.view_figures import FIGURES

ROOT = Path(__file__).parents[1]
LIVE = """
from streamlit.testing.v1 import AppTest
from comp_viz.resources import shipped
app = AppTest.from_file(str(shipped("app.py")), default_timeout=200)
app.query_params["checkpoint"] = "lab"
app.run()
assert not app.exception and not app.error, (app.exception, app.error)
print(sorted(app.selectbox(key="checkpoint").options), app.selectbox(key="conversation").value)
"""
HEAVY = ("torch", "pandas", "pyarrow", "numpy", "scipy", "sklearn", "streamlit", "plotly", "pydantic", "captum", "umap")


def tracked(*folders: str) -> set[str]:
    """Files of the repository in these folders, as git lists them."""
    done = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


# A checkout


def test_nothing_names_a_package_index_or_a_folder_of_one_machine():
    """Of all that is text; the parts are joined here, so that this file does not name them either."""
    folders = "|".join(("home", "Users", "root", "work", "opt"))
    hosts = "|".join(("py" + "pi", "pythonhosted", "npm" + "js", "registry.npm", "unpkg", "jsdelivr", "crates"))
    searched = rf"(^|[\"' (=:,])/({folders})/[A-Za-z]|(https?://|www\.)[a-z.]*({hosts})\.?[a-z]*"
    done = subprocess.run(["git", "grep", "-nIoE", searched], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_in_a_checkout_all_lies_in_the_repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert not INSTALLED
    assert PRODUCT == ROOT
    assert places("checkpoints") == (ROOT / "checkpoints",)
    assert working("data") == ROOT / "data"
    assert find("results/hazumi.parquet") == shipped("results/hazumi.parquet") == ROOT / "results" / "hazumi.parquet"
    assert find("results/none.parquet") == Path("results/none.parquet")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "hazumi.parquet").touch()
    assert find("results/hazumi.parquet") == Path("results/hazumi.parquet")  # the user's own comes first


def test_pages_of_the_documentation_that_people_are_sent_to_are_there():
    sources = [*(ROOT / "comp_viz").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    named = {page for path in sources for page in re.findall(r"\bguide\(['\"](\w+)['\"]\)", path.read_text())}
    assert {"sweeps", "lecture", "data"} <= named
    assert [page for page in named if not (ROOT / guide(page)).is_file()] == []


def test_only_one_module_knows_where_the_repository_is():
    sources = [*(ROOT / "comp_viz").rglob("*.py"), ROOT / "app.py", *(ROOT / "pages").glob("*.py")]
    isolated = ROOT / "comp_viz" / "clips" / "decode_worker.py"  # sees nothing of Python's path but its own folder
    text = {str(path.relative_to(ROOT)): path.read_text() for path in sources if path != isolated}
    assert [
        path for path, code in text.items() if re.search(r"parents\[|parent\.parent|PYTHONPATH|sys\.path", code)
    ] == []


def test_the_package_names_what_a_notebook_wants():
    assert comp_viz.__version__ == comp_viz.versions.VERSION
    assert sorted(comp_viz.__all__) == comp_viz.__all__
    assert set(comp_viz.MODULES) < set(comp_viz.__all__) <= set(dir(comp_viz))
    for name in comp_viz.__all__:
        assert getattr(comp_viz, name) is not None, name
    with pytest.raises(AttributeError, match="has no attribute 'load_model'"):
        comp_viz.load_model  # noqa: B018
    listed = re.search(r"if TYPE_CHECKING:.*?\n\n", (ROOT / "comp_viz" / "__init__.py").read_text(), re.DOTALL)[0]
    for name, module in comp_viz.MODULES.items():  # what type checkers are told is what is imported
        module, _, there = module.partition(":")
        line = rf"from comp_viz\.{re.escape(module)} import .*\b{there or name}\b" + (rf" as {name}\b" if there else "")
        assert re.search(line, listed), name


def test_one_page_of_the_documentation_has_every_name_and_every_chart():
    text = (ROOT / "docs" / "python.md").read_text()
    listed = set(re.findall(r"`([\w ]+)`", "".join(re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE))))
    assert set(comp_viz.__all__) <= listed
    assert set(FIGURES) <= listed


@pytest.mark.parametrize("code", ["import comp_viz", "from comp_viz.__main__ import main"])
def test_importing_the_package_loads_none_of_the_libraries(code):
    code += f"; import sys; print(sorted(set({HEAVY}) & set(sys.modules)), len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded, count = done.stdout.rsplit(" ", 1)
    assert loaded == "[]"
    assert int(count) < 250


def test_every_command_says_what_it_does(capsys):
    with pytest.raises(SystemExit) as status:
        main(["--help"])
    assert status.value.code == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert re.search(rf"^    {name}\s", shown, re.MULTILINE), name
    with pytest.raises(SystemExit) as status:
        main(["--version"])
    assert capsys.readouterr().out == f"comp-viz {comp_viz.__version__}\n"
    with pytest.raises(SystemExit) as status:
        main(["evaluate", "checkpoints/lab", "--data", "lab", "--server.port", "1"])
    assert status.value.code == 2
    assert "unrecognized arguments: --server.port 1" in capsys.readouterr().err


def test_streamlit_is_given_the_shipped_app_and_further_options(monkeypatch):
    given = []
    monkeypatch.setattr(sys, "argv", ["comp-viz"])
    monkeypatch.setattr("runpy.run_module", lambda name, run_name: given.append((name, run_name, *sys.argv)))
    assert main(["run", "--server.port", "8600", "--server.headless=true"]) == 0
    app = str(ROOT / "app.py")
    assert given == [
        ("streamlit", "__main__", "streamlit", "run", app, "--server.port", "8600", "--server.headless=true")
    ]


# The doctor


def test_the_doctor_says_what_is_here_without_saying_whose(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path / "sets"))
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "broken.npz").write_bytes(b"no archive")
    monkeypatch.setattr(doctor, "start_problem", lambda: None)
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert str(tmp_path) not in shown
    sections = dict(re.findall(r"^(\w+)\n((?:  .*\n)+)", shown, re.MULTILINE))
    assert list(sections) == ["This", "Libraries", "Extras", "Device", "Clips", "Data", "Checkpoints", "Dashboard"]
    assert f"comp-viz {comp_viz.__version__}, a checkout" in sections["This"]
    assert "COMP_VIZ_DATA=~/sets" in sections["This"]
    assert len(sections["Libraries"].splitlines()) == len((ROOT / "requirements.txt").read_text().split())
    assert re.search(r"torch \d+\.\d+", sections["Libraries"])
    assert re.search(r"eGeMAPS v02: .+", sections["Clips"])
    assert "~/sets: 1 data set\n" in sections["Data"]
    assert "broken.npz: UNREADABLE" in sections["Data"]
    assert "lab: audio 24, text 32, video 16" in sections["Checkpoints"]
    assert "would start" in sections["Dashboard"]


def test_the_doctor_fails_where_the_dashboard_would_not_start(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "APP", "comp_viz.of_another_world")
    assert main(["doctor"]) == 1
    assert (
        "WOULD NOT START: ModuleNotFoundError: No module named 'comp_viz.of_another_world'" in capsys.readouterr().out
    )
    monkeypatch.setattr(doctor, "shipped", lambda name: Path("nowhere") / name)
    assert "app.py, pages/live.py, .streamlit/config.toml is not in" in doctor.start_problem()


def test_the_doctor_says_the_rest_where_a_library_is_absent():
    code = """
import importlib.abc, sys
class WithoutTorch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'")
sys.meta_path.insert(0, WithoutTorch())
from comp_viz.__main__ import main
sys.exit(main(["doctor"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "WOULD NOT START: ModuleNotFoundError: No module named 'torch'" in done.stdout
    assert re.search(r"^Device\n  unknown: ModuleNotFoundError", done.stdout, re.MULTILINE)
    assert "streamlit 1" in done.stdout
    assert "port 8501" in done.stdout


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel of this checkout, as pip builds it, which fetches nothing."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("comp_viz-*.whl"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """An environment that the wheel is installed into; its other libraries are those of the tests."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=False)
    (packages_of(folder) / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    python = str(folder / "bin" / "python")
    options = ["--quiet", "--no-deps", "--no-compile", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options, str(wheel)], check=True)
    return folder


def packages_of(environment: Path) -> Path:
    return next(environment.glob("lib/python*/site-packages"))


@pytest.fixture
def start(environment, tmp_path):
    """Starts a program of the environment in an empty folder."""
    variables = {name: value for name, value in os.environ.items() if name not in ("COMP_VIZ_DATA", "PYTHONPATH")}
    variables |= {"OMP_NUM_THREADS": "1"}

    def begin(program: str, *arguments: str) -> subprocess.Popen:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([str(environment / "bin" / program), *arguments], cwd=tmp_path, env=variables, **pipes)

    return begin


def test_the_wheel_holds_the_whole_product(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    library = tracked("comp_viz")
    shipped_files = tracked("app.py", "pages", "stories", "checkpoints", "results", "examples", ".streamlit")
    shipped_files |= {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    lists = {"requirements.txt", "requirements-clips.txt", "requirements-weights.txt"}
    product = {f"comp_viz/_product/{name}" for name in shipped_files | lists}
    held = {name for name in names if ".dist-info/" not in name}
    assert not (library | product) - held, "left out of the wheel"
    assert not {
        name for name in held - library - product if not (ROOT / name.replace("comp_viz/_product/", "")).exists()
    }
    assert {Path(name).suffix for name in library} >= {".py", ".css", ".js", ".svg", ".typed"}


def test_the_wheel_asks_for_what_requirements_name(environment):
    package = Distribution.at(next(packages_of(environment).glob("comp_viz-*.dist-info")))
    wanted = {line.lower() for line in (ROOT / "requirements.txt").read_text().split()}
    assert {line.lower() for line in package.requires if "extra ==" not in line} == wanted
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(package.metadata.get_all("Provides-Extra")) == set(project["optional-dependencies"])
    assert package.version == comp_viz.__version__
    assert package.metadata["License-Expression"] == "MIT"


def shipped_checkpoints() -> set[str]:
    """Those in the repository, without trainings of the Lab page, which other tests may be making just now."""
    names = {path.parent.name for path in (ROOT / "checkpoints").glob("*/config.json")}
    return {name for name in names if not re.fullmatch(r"lab-[0-9a-f]{8}", name)}


def test_installed_commands_find_what_ships_from_an_empty_folder(start, tmp_path):
    evaluation = ["checkpoints/lab", "--data", "lab", "--missing-rates", "0", "--seeds", "1", "--json"]
    runs = {
        "version": start("comp-viz", "--version"),
        "doctor": start("comp-viz", "doctor"),
        "evaluate": start("comp-viz", "evaluate", *evaluation),
        "page": start("python", "-c", LIVE),
    }
    out = {}
    for name, run in runs.items():
        out[name], errors = run.communicate(timeout=300)
        assert run.returncode == 0, f"{name}: {errors}"
    assert out["version"] == f"comp-viz {comp_viz.__version__}\n"
    assert "would start" in out["doctor"]
    assert re.search(r", installed in \S+_product\n", out["doctor"])
    for name in shipped_checkpoints():
        assert f"{name}: audio" in out["doctor"]
    assert json.loads(out["evaluate"])
    assert f"{sorted(shipped_checkpoints())} lab-test-000" in out["page"]
    assert not list(tmp_path.iterdir())


def test_the_installed_dashboard_starts_from_an_empty_folder(start):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = start("comp-viz", "run", f"--server.port={port}", "--server.headless=true")
    try:
        for _ in range(600):
            assert server.poll() is None, server.communicate()[1]
            try:
                with urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as answer:
                    assert answer.read() == b"ok"
                return
            except OSError:
                time.sleep(0.2)
        pytest.fail("no answer for two minutes")
    finally:
        server.terminate()
        out, _ = server.communicate(timeout=60)
        assert (
            f"http://localhost:{port}" in out
        )  # as .streamlit/config.toml wants it; by itself Streamlit names other addresses
        assert "Network URL" not in out


# What stands beside the code


def test_what_stands_beside_the_code_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == comp_viz.__version__
    paper = citation["preferred-citation"]
    assert [author["family-names"] for author in paper["authors"]] == ["He", "Zhu", "Zhang"]
    assert f"## {comp_viz.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()
    assert len((ROOT / "README.md").read_text().splitlines()) <= 90


def test_problems_are_told_with_what_the_doctor_says():
    for name in ("problem", "number"):
        form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text())
        asked = {part["id"]: part for part in form["body"]}
        assert "comp-viz doctor" in asked["doctor"]["attributes"]["label"]
        assert asked["doctor"]["validations"]["required"]


def test_contributing_names_folders_that_are_there():
    table = re.findall(r"^\| .+? \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    named = {
        path
        for line in table
        for path in re.findall(r"`([\w./]+/[\w./]*)`", line)
        if "NAME" not in path and "PAGE" not in path
    }
    assert len(named) >= 12
    for path in named:
        assert any((root / path).exists() for root in (ROOT, ROOT / "comp_viz", ROOT / "comp_viz" / "analysis")), path


def test_licences_are_listed_for_every_shipped_checkpoint_and_extractor():
    text = (ROOT / "docs" / "licences.md").read_text()
    for name in shipped_checkpoints():
        assert f"checkpoints/{name}/README.md" in text
    for weights in ("Whisper", "MiniLM", "FaceLandmarker", "wav2vec", "deberta", "MA-Net", "Silero"):
        assert weights in text
