"""Rows without padding, and the products that run on them."""

import pytest
import torch

from comp_viz.network import onednn
from comp_viz.network import product as module
from comp_viz.network.product import product
from comp_viz.network.rows import Rows

VALID = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]).bool()


@pytest.fixture
def rows():
    observed = torch.rand(3, 4, 2, generator=torch.Generator().manual_seed(0)) > 0.4
    return Rows.of(observed & VALID[..., None], VALID, max_length=6)


def test_rows_are_the_utterances_conversation_by_conversation(rows):
    x = torch.arange(24.0).view(1, 3, 4, 2)
    packed = rows.pack(x)
    assert len(rows) == 7
    torch.testing.assert_close(packed, x[:, VALID])
    assert [len(part[0]) for part in rows.conversations(packed, 1)] == [4, 2, 1]


def test_padding_takes_back_what_packing_did_and_fills_the_rest(rows):
    x = torch.randn(2, 3, 4, 5)
    back = rows.pad(rows.pack(x), fill=7)
    torch.testing.assert_close(back[:, VALID], x[:, VALID])
    assert (back[:, ~VALID] == 7).all()


def test_a_blank_row_counts_for_every_place_up_to_the_longest_length(rows):
    values = torch.cat([torch.zeros(7), torch.tensor([1.0, 10.0, 100.0])])
    assert rows.average(values).item() == pytest.approx((2 * 1 + 4 * 10 + 5 * 100) / 18)
    assert rows.average(torch.ones(10)).item() == pytest.approx(1)


def test_utterances_need_not_stand_at_the_beginning():
    valid = torch.tensor([[0, 1, 0, 1], [1, 0, 0, 1]]).bool()
    rows = Rows.of(valid[..., None].expand(2, 4, 2), valid, max_length=4)
    x = torch.randn(2, 2, 4, 3)
    torch.testing.assert_close(rows.pad(rows.pack(x)), x * valid[..., None])
    torch.testing.assert_close(rows.blank, 1 - valid.float())


def gradients(x, weight, bias):
    """The product and the gradients of the sum of its squares."""
    given = [t if t is None else t.detach().requires_grad_() for t in (x, weight, bias)]
    out = product(*given)
    out.square().sum().backward()
    return [out.detach(), *(t.grad for t in given if t is not None)]


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("outputs", [1, 7])
@pytest.mark.parametrize("layout", ["plain", "slice", "transposed", "shared"])
@pytest.mark.parametrize("kernel", ["onednn", "threads"])
def test_every_kernel_multiplies_alike(kernel, layout, outputs, biased, monkeypatch):
    torch.manual_seed(1)
    x, weight = torch.randn(3, 9, 5), torch.randn(3, 5, outputs)
    x = {
        "plain": x,
        "slice": torch.randn(3, 12, 8)[:, 2:11, 1:6],
        "transposed": x.mT.contiguous().mT,
        "shared": x[:1].expand_as(x),
    }[layout]
    bias = torch.randn(3, 1, outputs) if biased else None
    monkeypatch.setattr(onednn, "KERNEL", None)
    plain = gradients(x, weight, bias)
    if kernel == "onednn":
        monkeypatch.setattr(onednn, "KERNEL", torch.ops.mkldnn._linear_pointwise)
    else:
        monkeypatch.setattr(module, "MANY", 1)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
        monkeypatch.setattr(torch, "bmm", None)
        monkeypatch.setattr(torch, "baddbmm", None)
    for ours, theirs in zip(gradients(x, weight, bias), plain, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(product(x, weight, bias), plain[0], atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("maker", "family", "flags", "slow"),
    [
        ("AuthenticAMD", 26, "avx2 avx512f avx512_bf16", True),  # Zen 5
        ("AuthenticAMD", 25, "avx2 avx512f avx512_bf16", False),  # Zen 4: AVX-512 in two halves
        ("AuthenticAMD", 25, "avx2", False),  # Zen 3
        ("GenuineIntel", 6, "avx2 avx512f amx_bf16", False),
    ],
)
def test_onednn_is_taken_where_mkl_is_slow(maker, family, flags, slow):
    core = f"vendor_id\t: {maker}\ncpu family\t: {family}\nmodel\t\t: 17\nflags\t\t: fpu {flags}\n\n"
    assert onednn.slow_without(2 * core) is slow
    assert not onednn.slow_without("")


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_never_reach_the_float32_kernel(dtype, monkeypatch):
    monkeypatch.setattr(onednn, "KERNEL", None.__class__)  # not callable with these arguments
    x, weight = torch.randn(2, 3, 4, dtype=dtype), torch.randn(2, 4, 5, dtype=dtype)
    torch.testing.assert_close(product(x, weight), x @ weight)


def test_under_autocast_products_are_bfloat16(monkeypatch):
    monkeypatch.setattr(onednn, "KERNEL", torch.ops.mkldnn._linear_pointwise)
    with torch.autocast("cpu", torch.bfloat16):
        assert product(torch.randn(2, 3, 4), torch.randn(2, 4, 5)).dtype is torch.bfloat16
