"""What records say of sweeps, gathered and put into words."""
