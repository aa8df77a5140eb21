"""Shell completion: what may stand next on a command line, and the scripts that let shells ask for it."""
