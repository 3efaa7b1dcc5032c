"""The benchmark: `make bench` measures cold starts, warm requests, scale, load and cost."""
