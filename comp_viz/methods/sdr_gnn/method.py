"""SDR-GNN in the registry."""

from dataclasses import replace

from comp_viz.methods.gcnet.method import PUBLISHED_TRAINING, graph_ownership, graph_words, one_stage
from comp_viz.methods.gcnet.objective import RebuildingLearning
from comp_viz.methods.method import Method, Preset
from comp_viz.methods.recipe import Recipe
from comp_viz.methods.sdr_gnn.config import SDRGNNConfig
from comp_viz.methods.sdr_gnn.network import SDRGNN

PUBLISHED_SIZES = {
    "hidden": 200, "graph": 100, "run_padding": True, "speaker_graph": False, "across_batch": True,
}  # fmt: skip

METHOD = Method(
    name="sdr_gnn",
    title="SDR-GNN",
    about="filters graphs of neighbouring utterances for low and high frequencies (Fu et al., 2025)",
    config=SDRGNNConfig,
    build=SDRGNN,
    learning=RebuildingLearning,
    stages=one_stage,
    ownership=graph_ownership,
    describe=graph_words,
    capabilities=frozenset({"reconstruction", "graph"}),
    reads_batch=lambda config: config.run_padding or config.across_batch,
    presets={
        "ours": Preset(Recipe(reconstruction_weight=0.2)),
        # Both losses weigh a half.
        "published": Preset(replace(PUBLISHED_TRAINING, fused_weight=0.5, reconstruction_weight=0.5), PUBLISHED_SIZES),
    },
)
