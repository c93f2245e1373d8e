"""The parameters of DynamoDB requests, with plain Python values, and cursors."""
