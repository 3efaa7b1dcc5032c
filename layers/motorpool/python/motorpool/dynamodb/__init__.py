"""The table: reads, transactions, keys, items. No other code calls DynamoDB."""
