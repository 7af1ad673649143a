"""Where one project should go, and why."""
