"""Reading published state dicts: what is refused, what is warned of, what passes silently."""

import warnings

import numpy as np
import pytest
import torch
from naive import random_parameters

from comp_viz.errors import CompVizError
from comp_viz.network.published import load_published

PARAMETERS = random_parameters(1)
USED = [
    name
    for name in PARAMETERS
    if not name.startswith(("private_enc", "dec_"))
    and not (name.startswith("prop_proj_rev") and "_2." in name)
    and "_2.proj_n" not in name
]
ONE_OF_EACH = [name for name in USED if not any(part in name for part in ("_t", "_v", "t_in", "v_in", ".1.", "block2"))]


def load(parameters, heads=2, momentum=0.3):
    return load_published(parameters, heads, momentum)


def predict(model):
    torch.manual_seed(4)
    features = {u: torch.randn(2, 5, width) for u, width in zip(("audio", "text", "video"), (5, 6, 4), strict=True)}
    with torch.no_grad():
        return model(features, torch.ones(2, 5, 3), torch.ones(2, 5), "batch").fused


def test_sizes_follow_from_the_shapes():
    sizes = {"dims": (1, 2, 3), "hidden": 6, "classes": 4, "depth": 6, "max_length": 11, "prompt": 5, "prototypes": 2}
    config = load(random_parameters(0, **sizes), heads=3, momentum=0.4).config
    assert config.modalities == ("audio", "text", "video")
    assert (config.dims, config.hidden, config.outputs, config.depth) == ((1, 2, 3), 6, 4, 6)
    assert (config.max_length, config.prompt, config.prototypes) == (11, 5, 2)
    assert (config.heads, config.momentum, config.blocks) == (3, 0.4, 2)


def test_model_comes_in_evaluation_mode_with_an_empty_bank():
    model = load(PARAMETERS)
    assert not model.training
    assert model.bank.shape == (3, 0, 4, 8)


def test_every_missing_parameter_is_named():
    for name in USED:
        with pytest.raises(CompVizError, match=f"'{name}' is missing"):
            load({key: value for key, value in PARAMETERS.items() if key != name})


SHAPES = {
    "flat": lambda x: x.flatten()[: x.numel() - 1],
    "a row more": lambda x: torch.cat([x, x[:1]]),
    "an axis more": lambda x: x[None],
    "a single number": lambda x: x.flatten()[0],
    "empty": lambda x: x[:0],
}


@pytest.mark.parametrize("change", SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_refused_wherever_it_is(change):
    accepted = {}
    for name in ONE_OF_EACH:
        try:
            load(PARAMETERS | {name: change(PARAMETERS[name])})
            accepted[name] = "was accepted"
        except CompVizError:
            pass
        except Exception as error:
            accepted[name] = repr(error)[:80]
    assert not accepted


def test_a_wrong_shape_is_named():
    with pytest.raises(CompVizError, match=r"nlp_head_t|modality_heads"):
        load(PARAMETERS | {"nlp_head_t.weight": torch.ones(2, 8)})


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(bad):
    broken = PARAMETERS["proj1.weight"].clone()
    broken[2, 3] = bad
    with pytest.raises(CompVizError, match=r"'proj1.weight' holds NaN or infinite"):
        load(PARAMETERS | {"proj1.weight": broken})


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.complex64])
def test_numbers_that_are_not_real_are_refused(kind):
    with pytest.raises(CompVizError, match=r"'nlp_head.bias'.*floating-point"):
        load(PARAMETERS | {"nlp_head.bias": PARAMETERS["nlp_head.bias"].to(kind)})


@pytest.mark.parametrize("value", ["text", None, {"a": 1}, np.array(["a"]), np.array([None])])
def test_things_that_are_no_tensors_are_refused_by_name(value):
    with pytest.raises(CompVizError, match=r"nlp_head\.bias"):
        load(PARAMETERS | {"nlp_head.bias": value})


def test_the_prefix_of_data_parallel_is_taken_off():
    prefixed = load({f"module.{name}": value for name, value in PARAMETERS.items()})
    assert torch.equal(predict(prefixed), predict(load(PARAMETERS)))


def test_unknown_names_are_warned_of():
    with pytest.warns(UserWarning, match=r"2 unknown parameters.*another\.one, extra\.weight"):
        load(PARAMETERS | {"extra.weight": torch.ones(2), "another.one": torch.ones(1)})


def test_parameters_only_training_needs_are_ignored_silently():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        everything = load(PARAMETERS)
        only_used = load({name: PARAMETERS[name] for name in USED})
    assert torch.equal(predict(everything), predict(only_used))


@pytest.mark.parametrize("heads", [3, 16, 0, -1])
def test_heads_that_do_not_divide_hidden_are_refused(heads):
    with pytest.raises(CompVizError, match="heads"):
        load(PARAMETERS, heads=heads)


@pytest.mark.parametrize("momentum", [-0.1, 1.5, float("nan")])
def test_a_momentum_that_is_no_share_is_refused(momentum):
    with pytest.raises(CompVizError, match="momentum"):
        load(PARAMETERS, momentum=momentum)


def test_arrays_and_tensors_alike():
    arrays = {name: value.numpy() for name, value in PARAMETERS.items()}
    assert torch.equal(predict(load(arrays)), predict(load(PARAMETERS)))


def test_double_precision_is_kept():
    assert load(PARAMETERS).fusion.weight.dtype is torch.float64
    assert predict(load(PARAMETERS)).dtype is torch.float64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_precision_is_widened_to_single(dtype):
    model = load({name: value.to(dtype) for name, value in PARAMETERS.items()})
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("double", ["proj1.weight", "a_in_proj.0.weight", "nlp_head_t.bias"])
def test_one_double_parameter_makes_the_model_double(double):
    mixed = {name: value.double() if name == double else value.float() for name, value in PARAMETERS.items()}
    model = load(mixed)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}


def test_model_does_not_share_memory_with_the_state_dict():
    mine = {name: value.clone() for name, value in PARAMETERS.items()}
    model = load(mine)
    before = predict(model)
    for value in mine.values():
        value.zero_()
    assert torch.equal(predict(model), before)


def test_something_else_entirely_is_refused():
    for other in ({}, {"weight": torch.ones(3, 3)}, {"state_dict": torch.ones(1)}):
        with pytest.raises(CompVizError, match=r"missing.*published"):
            load(other)
