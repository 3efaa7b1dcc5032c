"""What operators run: the `motorpool` command line."""
