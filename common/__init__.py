"""What every folder stands on: errors, whole files, pictures, videos, tables, windows cut."""
