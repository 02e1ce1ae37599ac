"""What `manage.py check` refuses."""
