"""Text features: the sentence embedding of MiniLM-L6, a small BERT run here directly on its published weights."""

import torch
from safetensors.torch import load as read_safetensors
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, linear, normalize, scaled_dot_product_attention

from comp_viz.clips.extractors.extractor import Extract, Extractor, Words
from comp_viz.clips.one_thread import one_torch_thread
from comp_viz.clips.requirements import CLIPS, library_missing
from comp_viz.clips.weights import MINILM, content
from comp_viz.clips.weights import weights_missing as weights_missing
from comp_viz.data.conversation import Floats

DIMS, LAYERS, HEADS = 384, 6, 12
EPSILON = 1e-12
MAX_TOKENS = 256  # what its sentence embeddings were trained with


def minilm_missing() -> str | None:
    """None, or what is missing and the command that mends it."""
    return library_missing("tokenizers") or weights_missing(MINILM)


def load() -> Extract:
    """Read weights and vocabulary."""
    from tokenizers import Tokenizer

    weights = read_safetensors(content(MINILM[0]))
    tokenizer = Tokenizer.from_str(content(MINILM[1]).decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)

    @one_torch_thread()
    @torch.inference_mode()
    def extract(words: Words) -> Floats:
        """Words -> a vector of length 1, `[384]`: the mean over its tokens."""
        tokens = torch.tensor(tokenizer.encode(words).ids)
        return normalize(run_bert(weights, tokens).mean(0), dim=0).numpy()

    return extract


def run_bert(weights: dict[str, Tensor], tokens: Tensor) -> Tensor:
    """BERT on one sentence: token numbers `[T]` -> `[T, 384]`."""

    def dense(x: Tensor, name: str) -> Tensor:
        return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: Tensor, name: str) -> Tensor:
        return layer_norm(x, (DIMS,), weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)

    def heads(x: Tensor) -> Tensor:
        return x.view(len(x), HEADS, -1).transpose(0, 1)  # [T, D] -> [heads, T, D / heads]

    x = embedding(tokens, weights["embeddings.word_embeddings.weight"])
    x = x + weights["embeddings.position_embeddings.weight"][: len(tokens)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(LAYERS):
        at = f"encoder.layer.{i}"
        q, k, v = (heads(dense(x, f"{at}.attention.self.{name}")) for name in ("query", "key", "value"))
        attended = scaled_dot_product_attention(q, k, v).transpose(0, 1).reshape(len(x), DIMS)
        x = norm(x + dense(attended, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        inner = gelu(dense(x, f"{at}.intermediate.dense"))
        x = norm(x + dense(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    return x


EXTRACTOR = Extractor(
    name="MiniLM-L6 sentence",
    modality="text",
    feature_names=tuple(f"MiniLM {i}" for i in range(DIMS)),
    licence="MIT / Apache-2.0",
    about="What a sentence means, as the place that all-MiniLM-L6-v2 gives it among a billion pairs of sentences (English).",
    get=CLIPS,
    ready=minilm_missing,
    load=load,
    languages=("en",),
)
