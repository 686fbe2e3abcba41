"""What the planning module offers as OGC API Processes."""
