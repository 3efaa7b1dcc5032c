"""The one table: reads, transactions, keys, items. The only code that speaks DynamoDB."""
