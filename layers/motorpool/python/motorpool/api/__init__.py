"""Between API Gateway and a handler: requests, answers, pages, idempotency."""
