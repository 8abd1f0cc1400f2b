"""DiCMoR (Wang, Cui, Li, ICCV 2023), adapted to conversations: flows carry one modality over into another."""
