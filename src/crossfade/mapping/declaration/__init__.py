"""What a mapping declares, and the rules that a declaration keeps."""
