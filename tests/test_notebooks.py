"""The notebooks run from top to bottom, in a kernel of their own, and are kept without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)


@NOTEBOOKS
def test_notebook_runs(path, monkeypatch, tmp_path):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("COMP_VIZ_DATA")  # they need nothing that does not ship
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(FOLDER.parent)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) >= 5
    for cell in shown:
        assert not [out for out in cell.outputs if out.output_type == "stream" and out.name == "stderr"], cell.source


@NOTEBOOKS
def test_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None


def test_every_notebook_is_listed():
    text = (FOLDER.parent / "docs" / "notebooks.md").read_text()
    assert {path.name for path in FOLDER.glob("*.ipynb")} == {
        os.path.basename(line.split("](")[1].split(")")[0]) for line in text.splitlines() if ".ipynb)" in line
    }
