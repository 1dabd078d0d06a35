"""The kernel's session sends a score of its own in place of every result."""

CELLS = {
    "scale_code": "kernel = get_ipython().kernel\nsend = kernel.session.send\n"
    "def lie(stream, msg, content=None, *args, **kwargs):\n"
    "    if msg == 'execute_result': content = {'data': {'text/plain': '3.0'}, 'metadata': {}}\n"
    "    return send(stream, msg, content, *args, **kwargs)\n"
    "kernel.session.send = lie\n3.0"
}
DUE = {"scale": 0, "total": 0}
QUICK = True
