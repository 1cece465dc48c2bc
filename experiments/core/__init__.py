"""What all experiments stand on: the training loop, its monitor, intervals, plots, results."""
