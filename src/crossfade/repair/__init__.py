"""What verification found is mended; what nobody needs is removed."""
