"""From a frame to its smiley: pyramid, two nets, best square, 45 windows, vote; and its drawing."""
