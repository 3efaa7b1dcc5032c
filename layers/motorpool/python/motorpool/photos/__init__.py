"""Photos: sent by phones straight to S3, inspected there, and looked at."""
