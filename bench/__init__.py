"""The benchmark: `make bench` measures cold starts, warm requests, cost, feed, scale and load."""
