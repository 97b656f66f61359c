"""For who runs or ships the program: what is wrong with this machine, whose work is in it, does it run on a GPU."""
