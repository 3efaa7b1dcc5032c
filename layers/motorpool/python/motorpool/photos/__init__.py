"""Photos: upload to S3, inspection, and viewing."""
