"""How `checkpoints/clips` was made: corpora of one modality each as one data set, and a finished run calibrated and measured."""
