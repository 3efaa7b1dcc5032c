"""The stack on this machine: engine, deployment, demo world."""
