"""The command line: parse the arguments, call the library, print the result."""
