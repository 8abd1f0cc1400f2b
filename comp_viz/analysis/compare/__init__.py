"""The numbers of the Compare page: predictors on the same utterances under the same drawings."""
