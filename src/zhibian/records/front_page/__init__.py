"""The whole front page (病案首页): its fields, and tables of pages as hospitals keep them."""
