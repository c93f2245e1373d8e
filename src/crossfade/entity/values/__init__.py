"""Attribute values: checked, converted, as DynamoDB types them."""
