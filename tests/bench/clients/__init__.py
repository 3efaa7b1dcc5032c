"""Clients for DynamoDB: boto3 beside one with a Rust core."""
