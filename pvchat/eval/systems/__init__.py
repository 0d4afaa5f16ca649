"""What is compared: baselines and PVChat itself, behind one protocol (`base.System`)."""
