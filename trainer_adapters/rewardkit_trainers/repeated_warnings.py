"""When something that repeats is worth another warning."""


def is_power_of_two(count: int) -> bool:
    """True for 1, 2, 4, 8, …"""
    return count > 0 and count & (count - 1) == 0
