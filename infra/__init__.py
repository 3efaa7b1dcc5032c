"""The infrastructure: builds the CloudFormation stack from the specs of the function folders."""
