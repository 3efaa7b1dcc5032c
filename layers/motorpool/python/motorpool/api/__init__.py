"""What stands between API Gateway and a handler: requests, answers, pages, idempotency."""
