"""Adapters to neural libraries (神经网络适配层); nothing in the core imports them."""
