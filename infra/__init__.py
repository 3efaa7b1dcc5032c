"""The infrastructure: what each function folder says it needs, as a CloudFormation stack."""
