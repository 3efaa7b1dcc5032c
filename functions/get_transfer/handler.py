"""GET /vehicle-suppliers/transfers/{transfer_id}: get a transfer's status and times.

200 the transfer · 404 no such transfer, or both its organizations are outside the client's
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.errors import TransferNotFound
from motorpool.transfers import store as transfers
from motorpool.transfers.supplier_api import TransferAnswer, TransferView


@endpoint(raises=(TransferNotFound,))
def handler(transfer_id: str, caller: Caller) -> TransferAnswer:
    transfer = transfers.get(transfer_id, visible_to=caller)
    return TransferAnswer(transfer=TransferView.of(transfer))
