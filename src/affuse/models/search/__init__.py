"""Choosing the settings of networks within a budget, in inner folds of the training clips."""
