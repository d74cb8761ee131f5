"""Pure data and pure functions: nothing here touches a file, a process or the environment."""
