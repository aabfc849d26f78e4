"""What the text of a record says of its filed page (文本依据)."""
