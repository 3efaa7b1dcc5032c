"""One id for each request in the engine, as on AWS.

MiniStack makes one id for the answers that its gateway gives by itself, another for the function's
event, a third for the header `x-amzn-requestid`, and gives the authorizer none. Here all are the
first one, so that what a caller gets as `x-request-id` is in every log line of the request.

Runs in the engine's process and uses MiniStack's private names.
"""

from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway_v1 as gateway  # type: ignore[import-not-found]

_id: ContextVar[str] = ContextVar("request_id")


def one_id_per_request() -> None:
    """Change MiniStack's gateway."""
    execute, build = gateway._execute_in_scope, gateway._build_lambda_event_v1
    authorize = gateway._invoke_authorizer_lambda

    async def executed(request: dict[str, Any], *more: Any) -> Any:
        _id.set(request["request_id"])
        answer = await execute(request, *more)
        if isinstance(answer, tuple):
            _, headers, _ = answer
            headers["x-amzn-requestid"] = request["request_id"]
        return answer

    async def authorized(authorizer: Any, event: dict[str, Any], *more: Any) -> Any:
        event.get("requestContext", {})["requestId"] = _id.get()
        return await authorize(authorizer, event, *more)

    def built(*given: Any, **more: Any) -> Any:
        event = build(*given, **more)
        event["requestContext"] |= {"requestId": _id.get(), "extendedRequestId": _id.get()}
        return event

    gateway._execute_in_scope = executed
    gateway._invoke_authorizer_lambda = authorized
    gateway._build_lambda_event_v1 = built
