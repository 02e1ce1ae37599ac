"""What people type, checked before a service is asked. What only the schedule can know is the service's to refuse."""
