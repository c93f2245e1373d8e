SELECT {is_as_installed}
