"""Real faces of known truth: our nets and others on them (`eval_real.py`)."""
