"""OPTIONS on every path of the partner API: may a script of this web page call it?

A browser asks without credentials. So it is answered yes when any partner allows the page's origin,
and the answer to the call itself has `Access-Control-Allow-Origin` only when the caller's partner
does.
"""

from typing import Any

from motorpool.api import browsers
from motorpool.pings import answers_pings


@answers_pings
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return browsers.preflight(event, context)
