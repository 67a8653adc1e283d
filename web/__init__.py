"""FastAPI: the pages, the REST API and the live events, thin above `core`."""
