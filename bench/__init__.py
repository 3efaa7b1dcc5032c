"""The benchmark: `make bench` measures cold starts, warm requests, the feed, scale, load and cost."""
