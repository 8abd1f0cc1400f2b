"""The mistakes that a method of one's own can have: each is named before anything is trained, with how to mend it."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from runs import CPU, RECIPE
from test_compared_networks import SMALL

from comp_viz import methods
from comp_viz.__main__ import main
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.methods import registry
from comp_viz.methods.contract import check_method
from comp_viz.methods.contract_record import ROWS
from comp_viz.methods.registry import find_method, method_names, usable_methods
from comp_viz.training.contenders import CONTENDERS
from comp_viz.training.run import train

EXAMPLE = re.search(
    r"```python\n(.*?)```", (Path(__file__).parents[1] / "docs" / "own-method.md").read_text(), re.S
).group(1)
CAPABLE = 'frozenset({"heads", "weights"})'
STAGES = "(Stage(2, recipe.first_epochs + recipe.second_epochs),)"
OWNER = 'return Ownership(module, SHARED if module == "fused_head" else int(number))'
FIELD = "    dropout: float = 0.2\n"
SIZES = SMALL | {"comp": {"hidden": 8, "prompt": 3}, "momke": {"hidden": 8, "depth": 1}}

# What stands in the example of the guide, what stands there by mistake, and what is said of it.
IN_THE_RECORD = {
    "an import that is not there": ("base import Network", "base import Netwerk", r"method\.py raised ImportError.*line"),
    "no METHOD": ("METHOD = Method(", "method = Method(", "expected METHOD = Method"),
    "a name that is taken": ('name="average"', 'name="comp"', "should be 'average', as the folder, got 'comp'"),
    "an unknown capability": (CAPABLE, 'frozenset({"head"})', "capabilities: expected some of heads, weights,.* got 'head'"),
    "an option that is taken": (FIELD, f"{FIELD}    batch: int = 4\n", "AverageConfig.batch: .* has an option --batch"),
    "a default that is no option": (FIELD, f"{FIELD}    kind: str | None = None\n", "AverageConfig.kind: expected a default"),
    "a size without a limit": ('self.check_whole("hidden")', "pass", "AverageConfig.hidden: .*refuse 10+.*self.check_whole"),
    "a rate without a limit": ('self.check_share("dropout")', "pass", "AverageConfig.dropout: .*refuse nan.*check_share"),
    "a default beyond its limit": ("hidden: int = 32", "hidden: int = 0", "defaults are refused.*hidden: expected 1 to"),
    "no preset": (f"capabilities={CAPABLE},", "presets={},", r"presets: expected 'ours'.*got \[\]"),
    "no dataclass": ("@dataclass(frozen=True)\n", "", r"AverageConfig: expected @dataclass\(frozen=True\)"),
}  # fmt: skip
IN_THE_NETWORK = {
    "no axis of outputs": ("self.fused_head(mean))", "self.fused_head(mean))[..., 0]", r"fused: .*\[3, 5, 1\].*got \[3, 5\]"),
    "too many outputs": ("config.outputs)\n        self.d", "3)\n        self.d", r"got \[3, 5, 3\]"),
    "rows for conversations": ("Output(rows.pad(self.fused_head(mean))", "Output(self.fused_head(mean)", "rows.pad"),
    "the batch": (".sum(0)\n        return", ".sum(0)\n        mean = mean - mean.mean(0)\n        return", "shares the batch"),
    "NaN where nothing is observed": (".clamp(min=1)", "", "NaN or infinity.*all of them without anything observed"),
    "features that are missing": (
        "[rows.utterances(x) for x in admitted]",
        "[rows.pack(features[u]) for u in self.config.modalities]",
        "depend on features that are missing.*admit",
    ),
    "chance in evaluation": ("self.dropout(layer(x).relu())", "torch.rand_like(layer(x))", "change from one call to the next"),
    "weights that do not sum to 1": ("rows.pad(share.T))", "2 * rows.pad(share.T))", "weights: expected .* the sum 1"),
    "an exception": ("share = rows", "share = rose", r"forward raised NameError.*\(method.py, line \d+\)"),
    "no owner": (OWNER, "return None", r"ownership\('input.0.weight'\): expected Ownership"),
    "an owner that cannot be told": (OWNER, "return Ownership(module, int(number))", "fused_head.weight.*raised ValueError"),
    "an owner that is no modality": ("else int(number)", "else int(number) + 1", "0 to 2 for audio, text, video, got 3"),
    "a title that is taken": ('title="Average"', 'title="ComP"', "title: 'ComP' is that of the method 'comp'"),
    "a field of another kind": (FIELD, f"{FIELD}    prompt: bool = False\n", "AverageConfig.prompt: expected int.*got bool"),
    "not a tuple of stages": (STAGES, "Stage(2, 6)", "stages: expected a tuple of Stage"),
    "no stage": (STAGES, "()", "stages: expected at least one with epochs"),
    "weights that are not declared": (CAPABLE, 'frozenset({"heads"})', "weights: .*Add 'weights' to `capabilities`"),
    **{
        f"{need} that are not there": (
            CAPABLE, f'frozenset({{"heads", "weights", "{need}"}})', f"capabilities: '{need}' promises .*take '{need}' out",
        )
        for need in ("reconstruction", "samples", "routing", "graph", "prototypes", "trace", "modulation")
    },
    "heads that are not there": ("fused_head(mean)), heads, weights", "fused_head(mean)), weights", "'heads' promises"),
}  # fmt: skip


@pytest.fixture
def mistaken(tmp_path):
    """The example of the guide with something in it replaced, as a folder among the methods: `mistaken(old, new)`."""
    root = tmp_path / "methods"
    (root / "average").mkdir(parents=True)
    (root / "average" / "__init__.py").write_text('"""The mean of what is observed."""\n')

    def forget():
        registry.load_method.cache_clear()
        for name in [name for name in sys.modules if name.startswith("comp_viz.methods.average")]:
            del sys.modules[name]

    def write(old, new):
        assert old in EXAMPLE
        (root / "average" / "method.py").write_text(EXAMPLE.replace(old, new))

    forget()
    methods.__path__.append(str(root))
    yield write
    methods.__path__.remove(str(root))
    forget()


@pytest.mark.parametrize("mistake", IN_THE_RECORD)
def test_a_mistake_in_the_record_is_named_where_the_method_is_found(mistake, mistaken):
    old, new, message = IN_THE_RECORD[mistake]
    mistaken(old, new)
    with pytest.raises(CompVizError, match=rf"^Method 'average' \(comp_viz/methods/average\): (?s:.*){message}"):
        find_method("average")


@pytest.mark.parametrize("mistake", IN_THE_NETWORK)
def test_a_mistake_in_the_network_is_named_before_anything_is_trained(mistake, mistaken, small_lab, tmp_path):
    old, new, message = IN_THE_NETWORK[mistake]
    mistaken(old, new)
    config = find_method("average").config(small_lab.modalities, small_lab.dims, max_length=10, hidden=8)
    with pytest.raises(CompVizError, match=rf"^Method 'average' \(comp_viz/methods/average\): (?s:.*){message}"):
        train(small_lab, config, RECIPE, tmp_path / "run", CPU)
    assert not (tmp_path / "run").exists()


def test_the_command_says_it_in_a_line_and_trains_the_others(mistaken, tmp_path, capsys):
    mistaken("network.base import Network", "network.base import Netwerk")
    command = [
        "train",
        "--data",
        "lab(conversations=6/2/2, lengths=3/5)",
        "--first-epochs",
        "0",
        "--second-epochs",
        "1",
    ]
    assert main([*command, "--method", "average", "--out", str(tmp_path / "average")]) == 2
    assert "comp_viz: Method 'average' (comp_viz/methods/average): method.py raised" in capsys.readouterr().err
    assert main([*command, "--method", "hcam", "--hidden", "8", "--out", str(tmp_path / "hcam")]) == 0
    assert "average" not in {method.name for method in usable_methods()}


@pytest.mark.parametrize("name", method_names())
def test_every_method_that_ships_keeps_the_contract(name):
    method = find_method(name)
    for task in (Task("sentiment"), Task("emotion", ("happy", "sad", "neutral"))):
        config = method.config(("audio", "text", "video"), (5, 4, 3), task.outputs, 8, **SIZES.get(name, {}))
        check_method(method, config, task, RECIPE, usable_methods())
        switches = {"run_padding": True} if name == "gcnet" else {"across_batch": True} if name == "sdr_gnn" else {}
        check_method(method, replace(config, **switches), task, RECIPE)


def test_published_code_in_which_the_batch_matters_is_told_apart(small_lab):
    method = find_method("gcnet")
    config = method.config(small_lab.modalities, small_lab.dims, max_length=10, run_padding=True, **SMALL["gcnet"])
    with pytest.raises(CompVizError, match="what shares the batch"):
        check_method(replace(method, reads_batch=lambda config: False), config, small_lab.task, RECIPE)


def test_the_check_leaves_random_numbers_as_they_were(small_lab):
    method = find_method("hcam")
    config = method.config(small_lab.modalities, small_lab.dims, max_length=10, hidden=8)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    check_method(method, config, small_lab.task, RECIPE)
    assert torch.equal(torch.rand(3), expected)


def test_one_utterance_and_two_modalities_are_enough():
    config = find_method("hcam").config(("audio", "text"), (5, 4), 1, 1, hidden=8)
    check_method(find_method("hcam"), config, Task("sentiment"), RECIPE)


def test_no_folder_takes_the_name_of_another_row():
    assert {name for name in CONTENDERS if name.isidentifier()} - {"comp"} == set(ROWS)
