"""The one flow (一条主线): record → documents → mentions → codes → case → grouping → payment → review."""
