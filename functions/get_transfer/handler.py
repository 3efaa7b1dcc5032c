"""GET /vehicle-suppliers/transfers/{transfer_id}: how far a transfer is, and how fresh it was.

200 the transfer · 404 no such transfer, or between organizations outside the client's subtree
"""

from motorpool.callers import Caller
from motorpool.endpoint import endpoint
from motorpool.errors import TransferNotFound
from motorpool.store import transfers
from motorpool.transfers import TransferAnswer, TransferView


@endpoint(raises=(TransferNotFound,))
def handler(transfer_id: str, caller: Caller) -> TransferAnswer:
    transfer = transfers.get(transfer_id, seen_by=caller)
    return TransferAnswer(transfer=TransferView.of(transfer))
