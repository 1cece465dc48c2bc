"""Real faces: one training for them, and the measuring of nets and peers on labelled sets."""
