"""Single projects: how they are approved, whether they may be listed, who may talk to whom."""
