"""The systems under test (被测系统), all behind one interface."""
