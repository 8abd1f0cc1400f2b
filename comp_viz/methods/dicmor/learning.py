"""What DiCMoR's flows learn from: the likelihood of each modality in the space that all share, given the class."""

import torch
from torch import Tensor

from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.methods.dicmor.network import DiCMoR
from comp_viz.methods.imder.learning import CompletingLearning
from comp_viz.methods.imder.skeleton import Projected


class DiCMoRLearning(CompletingLearning):
    """As IMDer's, with flows in the place of score networks."""

    network: DiCMoR

    def transfer_loss(self, projected: Projected, truth: Projected, batch: Batch, targets: Tensor) -> Tensor:
        """Negative log-likelihood of what is observed; utterances whose label is unknown are left out, as published."""
        classes = label_classes(self.task, batch.labels, self.network.config.priors)
        known = projected.observed & ~batch.labels.isnan()
        of = Projected(projected.x.detach(), projected.observed, projected.there)
        return self.network.likelihood_loss(of, classes, known)


def label_classes(task: Task, labels: Tensor, count: int) -> Tensor:
    """The number of each label's class, `[B, S]`: of scores that of the nearest of `count` even steps of their scale."""
    known = labels.nan_to_num(task.neutral if not task.classes else 0)
    steps = known if task.classes else (known - task.low) / (task.high - task.low) * (count - 1)
    numbers: Tensor = torch.round(steps).long().clamp(0, count - 1)
    return numbers
