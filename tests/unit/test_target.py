"""Which stack the command line operates on."""

import pytest

from ops.target import Target


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (Target(aws=False), []),
        (Target(aws=True), ["--aws"]),
        (Target(aws=False, profile="ours"), ["--profile=ours"]),
        (Target(aws=True, profile="ours", region="eu-west-1"),
         ["--aws", "--profile=ours", "--region=eu-west-1"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_command_to_paste_means_the_same_stack(target: Target, options: list[str]) -> None:
    assert target.options == options
