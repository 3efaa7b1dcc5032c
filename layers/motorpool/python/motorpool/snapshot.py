"""What a function does before its SnapStart snapshot is taken, so that no request has to do it.

Lambda's managed runtime runs the hooks when a version is published, and never for `$LATEST`. Where
`snapshot_restore_py` is missing there is no snapshot either: then the first request does the work.
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
        """There is no snapshot: the hook is not run."""
        return hook

else:

    def before_snapshot(hook: Callable[[], object]) -> Callable[[], object]:
        """Run the hook before the snapshot. One that raises fails the version's publication."""
        register_before_snapshot(hook)
        return hook

    # Hooks run in the reverse order, this one last: what is there by then is never garbage.
    register_before_snapshot(gc.freeze)
    # Every environment starts from the same snapshot, so with the same state of `random`, from
    # which botocore takes the pauses between its tries.
    register_after_restore(random.seed)
