"""Ways of voting, and what each is worth (`eval_vote.py`)."""
