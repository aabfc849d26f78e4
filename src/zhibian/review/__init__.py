"""The one flow (一条主线): record → documents → codes → grouping → payment → review."""
