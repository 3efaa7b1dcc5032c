"""Which stack the command line operates on."""

import pytest

from ops.target import NoTarget, Target


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


@pytest.mark.parametrize("profile", ["", "not there", "caf\udce9", "x" * 100_000], ids=len)
def test_a_profile_that_does_not_exist_is_no_target(profile: str) -> None:
    with pytest.raises(NoTarget, match=r"no credentials for AWS: .*profile"):
        Target(aws=False, profile=profile).choose()
