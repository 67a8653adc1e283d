"""The operator's side: the command line and the supervisor of servers and programs.

Beside the use cases, not above them: everything here starts, watches and stops processes, and only
`demo` calls the use cases, as any edge would.
"""
