"""Code sets, crosswalks and grey codes (编码字典、映射、灰码)."""
