"""The few calls to AWS that the functions make, without botocore.

Importing botocore and making its clients was half of a cold start, and most of a warm request
(BENCHMARKS.md has both). What is needed of it is small: signatures (`signing`), the role's
credentials (`credentials`), a kept-alive connection (`connection`), and tries and errors
(`service`). The tests hold signatures to botocore's own, and the local engine checks each one.
"""
