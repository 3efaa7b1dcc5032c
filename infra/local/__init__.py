"""The same stack on this machine: the engine, the deployment, the demo world."""
