"""The operators' command line, `motorpool`, and the demo."""
