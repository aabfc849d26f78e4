"""Rules for the front page (病案首页质控规则): conditions are data, judged over tables."""
