"""Screening of many discharges (批量筛查): a work list that is right in both directions."""
