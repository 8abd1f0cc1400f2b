"""Video features as in the paper: MA-Net, from a file of its published weights on this machine."""

from pathlib import Path

import numpy as np
import torch

from comp_viz.checkpoint.tensors import read_tensors
from comp_viz.clips.extractors.extractor import Extract, Extractor, Faces
from comp_viz.clips.extractors.manet import MANet
from comp_viz.clips.faces import faces_missing
from comp_viz.clips.weights import FOLDER, in_folder
from comp_viz.data.conversation import Floats
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

DIMS = 1024
WEIGHT_FILES = ("manet.safetensors", "manet.pth", "manet.pt")
CLASSIFIERS = ("fc_1.", "fc_2.")  # what follows the features, for classes that are not asked for


def weight_file() -> Path | None:
    """The file in the configured folder, or None. Files with code in them are refused by the reader."""
    return next((path for name in WEIGHT_FILES if (path := in_folder(name))), None)


def manet_missing() -> str | None:
    """None, or what is missing and what mends it."""
    if weight_file() is None:
        return (
            f"no {WEIGHT_FILES[0]} in the folder that {FOLDER} names. Get the published weights from the authors "
            "(github.com/zengqunzhao/MA-Net) and put them there."
        )
    return faces_missing()


def load_manet(path: Path) -> MANet:
    """The network with the weights in `path`. Raises `CompVizError` when they are not MA-Net's."""
    tensors = read_tensors(path)
    weights = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    weights = {name: tensor for name, tensor in weights.items() if not name.startswith(CLASSIFIERS)}
    model = MANet()
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        first = next((line.strip() for line in str(error).splitlines()[1:] if line.strip()), str(error))
        raise CompVizError(f"{path.name} does not hold MA-Net's weights: {shortened(first, 160)}") from None
    return model.eval().requires_grad_(False)


def manet_features(model: MANet, faces: Faces) -> Floats:
    """Faces -> mean over them of the network's features, `[1024]`; eight at a time, so that memory stays small."""
    crops = torch.from_numpy(np.stack([face.crop for face in faces])).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return torch.cat([model(part / 255) for part in crops.split(8)]).mean(0).numpy()


def load() -> Extract:
    """Load the network."""
    path = weight_file()
    if path is None:  # it went away since `manet_missing` was asked
        raise CompVizError(f"MA-Net: {manet_missing()}")
    model = load_manet(path)
    return lambda faces: manet_features(model, faces)


EXTRACTOR = Extractor(
    name="MA-Net",
    modality="video",
    feature_names=tuple(f"MA-Net {i}" for i in range(DIMS)),
    licence="ours / the authors' terms",
    about="The video features of the paper: an expression network trained on RAF-DB, averaged over an utterance's faces.",
    get="from its authors, github.com/zengqunzhao/MA-Net",
    ready=manet_missing,
    load=load,
)
