"""What the test run leaves alone: page scripts, which show themselves when they are loaded."""

collect_ignore = ["streamlit_app.py", "app/main.py"]
collect_ignore_glob = ["app/views/*"]
