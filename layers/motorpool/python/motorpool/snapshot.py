"""Hooks that run before a function's SnapStart snapshot, so that no request waits for them.

Lambda's managed runtime runs them when a version is published, and never for `$LATEST`. Without
`snapshot_restore_py` there is no snapshot: the first request does the work.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import gc
import random
from collections.abc import Callable

try:
    from snapshot_restore_py import (  # type: ignore[import-untyped]  # it has no stubs
        register_after_restore,
        register_before_snapshot,
    )
except ImportError:

    def before_snapshot(hook: Callable[[], object]) -> Callable[[], object]:
        """Without a snapshot the hook does not run."""
        return hook

else:

    def before_snapshot(hook: Callable[[], object]) -> Callable[[], object]:
        """Run the hook before the snapshot. If it raises, publishing the version fails."""
        register_before_snapshot(hook)
        return hook

    # Hooks run in reverse order, so this one is last: existing objects are never collected.
    register_before_snapshot(gc.freeze)
    # All environments start from one snapshot, hence with the same state of `random`, with which
    # botocore chooses the pauses between its attempts.
    register_after_restore(random.seed)
