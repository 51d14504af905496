"""The backend that runs programs in a container of a Docker engine."""
