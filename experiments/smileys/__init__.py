"""Training the smiley network: its data, the splits, one training, its measures, its model card."""
