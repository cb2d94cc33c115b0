"""When and with what the flow runs: settings, composition, jobs, schedules, sensors and the command line."""
