"""A second, slow reading of section 2 of `comp.md`: one modality, one conversation and one utterance at a time.

Takes the published parameter names. Shares no code with `comp_viz`, so that agreement means something.
"""

from types import SimpleNamespace

import torch

LETTERS = {"audio": "a", "text": "t", "video": "v"}


def random_parameters(
    seed, *, dims=(5, 6, 4), hidden=8, classes=1, depth=4, max_length=9, prompt=3, prototypes=4, scale=1.0
):
    """Random parameters under the published names, float64, with the shapes that follow from the sizes."""
    generator = torch.Generator().manual_seed(seed)
    parameters = {}

    def linear(name, inputs, outputs):
        weight = torch.randn(outputs, inputs, generator=generator, dtype=torch.float64)
        parameters[f"{name}.weight"] = weight * scale / inputs**0.5
        parameters[f"{name}.bias"] = torch.randn(outputs, generator=generator, dtype=torch.float64) * 0.3

    def mlp(name, inputs, middle, outputs):
        linear(f"{name}.fc1", inputs, middle)
        linear(f"{name}.fc2", middle, outputs)

    for letter, width in zip("atv", dims, strict=True):
        linear(f"{letter}_in_proj.0", width, hidden)
        mlp(f"shared_enc_{letter}", hidden, hidden, hidden)
        mlp(f"private_enc_{letter}", hidden, hidden, hidden)
        mlp(f"dec_{letter}", 2 * hidden, hidden, hidden)
        for l in (1, 2):
            mlp(f"prop_former_{letter}_{l}.proj_n", max_length, prototypes, prototypes)
            mlp(f"prop_former_{letter}_{l}.proj_d", hidden, prompt, prompt)
            linear(f"prop_former_{letter}_{l}.proj_prompt", hidden, prompt)
            linear(f"prop_proj_{letter}_{l}", hidden + 2 * prompt, hidden)
            mlp(f"prop_proj_rev_{letter}_{l}", hidden, hidden, hidden + 2 * prompt)
            for k in range(depth // 2):
                for part in "qkv":
                    linear(f"block{l}.blocks.{k}.Transformer_{letter}.{part}", hidden, hidden)
                mlp(f"block{l}.blocks.{k}.Transformer_{letter}.mlp", hidden, hidden, hidden)
        linear(f"nlp_head_{letter}", hidden, classes)
    mlp("router", 3 * hidden, hidden, 3)
    linear("proj1", 3 * hidden, 3 * hidden)
    linear("nlp_head", 3 * hidden, classes)
    return parameters


def gelu(x):
    return x * 0.5 * (1 + torch.erf(x / 2**0.5))


def naive_comp(parameters, heads, momentum, features, observed, valid):
    """Evaluation-mode forward pass with prototype scope `batch`.

    Returns fused `[B, S, C]`, heads, coordinator `[B, S, M]`, encoded, prototypes `[B, c, d]` and attention
    `[B, block, layer, head, S, S]`, the last four by modality but for the coordinator.
    """

    def linear(name, x):
        return x @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"]

    def mlp(name, x):
        return linear(f"{name}.fc2", gelu(linear(f"{name}.fc1", x)))

    names = list(LETTERS)
    max_length = parameters["prop_former_a_1.proj_n.fc1.weight"].shape[1]
    layers = len({name.split(".")[2] for name in parameters if name.startswith("block1.")})
    batch, length = valid.shape
    there = {u: observed[..., i].bool() & valid.bool() for i, u in enumerate(names)}

    encoded, prototypes = {}, {}
    for u, letter in LETTERS.items():
        width = features[u].shape[-1]
        full = torch.zeros(batch, max_length, width, dtype=features[u].dtype)
        for b in range(batch):
            for s in range(length):
                if there[u][b, s]:
                    full[b, s] = features[u][b, s]
        whole = mlp(f"shared_enc_{letter}", linear(f"{letter}_in_proj.0", full))
        encoded[u] = whole[:, :length]
        prototypes[u] = torch.stack([mlp(f"prop_former_{letter}_1.proj_n", whole[b].T).T for b in range(batch)])

    def fresh_prompts(u, l, z):
        letter = LETTERS[u]
        everyone = torch.cat(list(prototypes[u]))  # (B·c, d)
        prompts = []
        for b in range(batch):
            rows = []
            for s in range(length):
                cosines = torch.stack([z[b, s] @ a / (z[b, s].norm() * a.norm()) for a in everyone])
                assignment = torch.exp(cosines) / torch.exp(cosines).sum()
                mixed = assignment @ everyone
                rows.append(
                    mlp(f"prop_former_{letter}_{l}.proj_d", mixed)
                    + linear(f"prop_former_{letter}_{l}.proj_prompt", z[b, s])
                )
            prompts.append(torch.stack(rows))
        return torch.stack(prompts)

    def attend(name, g, keys):
        """One conversation `[S, d]`; the published network takes its scores in single precision."""
        width = g.shape[-1] // heads
        maps = torch.zeros(heads, len(g), len(g), dtype=g.dtype)
        if not keys.any():
            h = torch.zeros_like(g)
        else:
            q, k, v = (linear(f"{name}.{part}", g) for part in "qkv")
            outs = []
            for head in range(heads):
                part = slice(head * width, (head + 1) * width)
                for i in range(len(g)):
                    scores = (q[i, part] / width**0.5).float() @ k[keys][:, part].float().T
                    maps[head, i, keys] = scores.softmax(0).to(g.dtype)
                outs.append(maps[head] @ v[:, part])
            h = torch.cat(outs, dim=1)
        return g + h + mlp(f"{name}.mlp", h), maps

    z = dict(encoded)
    renewed = {}
    attention = {u: [] for u in names}
    for l in (1, 2):
        fresh = {u: fresh_prompts(u, l, z[u]) for u in names}
        after, renewed_now = {}, {}
        for u, letter in LETTERS.items():
            others = [v for v in names if v != u]
            received = []
            for i, v in enumerate(others):
                prompt = fresh[v]
                if l == 2:
                    prompt = momentum * renewed[u][i] + (1 - momentum) * prompt
                received.append(prompt)
            g = linear(f"prop_proj_{letter}_{l}", torch.cat([z[u], *received], dim=-1))
            maps = []
            for k in range(layers):
                pairs = [attend(f"block{l}.blocks.{k}.Transformer_{letter}", g[b], there[u][b]) for b in range(batch)]
                g = torch.stack([pair[0] for pair in pairs])
                maps.append(torch.stack([pair[1] for pair in pairs]))
            attention[u].append(torch.stack(maps, dim=1))
            if l == 1:
                wide = mlp(f"prop_proj_rev_{letter}_1", g)
                d, p = z[u].shape[-1], fresh[u].shape[-1]
                after[u] = wide[..., :d]
                renewed_now[u] = [wide[..., d : d + p], wide[..., d + p : d + 2 * p]]
            else:
                after[u] = g
        z, renewed = after, renewed_now

    logits = {u: linear(f"nlp_head_{LETTERS[u]}", z[u]) for u in names}
    together = torch.cat([z[u] for u in names], dim=-1)
    weights = mlp("router", together).softmax(-1)
    mixed = torch.cat([weights[..., i : i + 1] * z[u] for i, u in enumerate(names)], dim=-1)
    fused = linear("nlp_head", mixed + linear("proj1", mixed).clamp(min=0))
    return SimpleNamespace(
        fused=fused,
        heads=logits,
        coordinator=weights,
        encoded=encoded,
        prototypes=prototypes,
        attention={u: torch.stack(maps, dim=1) for u, maps in attention.items()},
    )
