"""Speed, measured side by side: ours in the project's environment, others in their own."""
