"""What every folder stands on: the command line, files, pictures and videos."""
