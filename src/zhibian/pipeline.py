"""The one flow: record → documents → mentions → codes → case → grouping → payment → review."""
