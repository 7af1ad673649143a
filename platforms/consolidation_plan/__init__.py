"""consolidation_plan."""
