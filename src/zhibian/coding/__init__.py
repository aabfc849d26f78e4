"""From text to codes (编码): candidates, linking, principal selection, entry condition."""
