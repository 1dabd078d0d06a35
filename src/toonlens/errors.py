"""The one exception for a user's mistake."""


class UserError(ValueError):
    """Something the user can put right. The message is one line: what is wrong, where, what to do.

    The command line prints it without a traceback and exits with status 2.
    """
