"""`python -m core doctor`: everything an operator can get wrong, looked at and told in plain words.

Each thing has a module that asks (ask_…: sockets, files, a child process; returns values) and one
that judges (judge_…: pure, values to findings). Nothing here changes anything but for one probe
object in the store, which is removed again.
"""
