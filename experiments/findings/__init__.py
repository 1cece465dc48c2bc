"""What the experiments found, by name, read from `results/`: all numbers of README and docs."""
