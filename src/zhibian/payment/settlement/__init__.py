"""What a case is paid (结算测算): classes, formulas and limits as data, one case or a table."""
