"""Pictures and frames from elsewhere, which tell their owner who reads the page, and addresses on the same server."""

CELLS = {
    "why": "![x](http://evil.example/seen.png) <img src=//evil.example/x.png srcset='//evil.example/y.png'> "
    "![y](/formgrader/api/assignment/tiny) <iframe src=https://evil.example></iframe> <object data=x></object> "
    "<video src=//evil.example poster=//evil.example></video> <audio src=//evil.example></audio> ![z](../../secret.txt)"
}


def look(graded):
    assert 'src="http://evil' not in graded.page
    assert 'src="/formgrader' not in graded.page
