"""What template engines would act on: Jinja, Angular, Mermaid, MathJax."""

CELLS = {
    "why": "{{ config }} {% include '/etc/passwd' %} {{ 7*7 }} $\\href{javascript:alert(1)}{x}$ "
    '$\\style{position:fixed}{y}$ $\\unicode{x3c}script$\n\n```mermaid\nclick A "javascript:alert(1)"\n```',
    "scale_code": "print('{{ 7*7 }} {% raw %}')\ndef scale(x, f):\n    return f * x",
}


def look(graded):
    assert "{{ 7*7 }}" in graded.page
    assert "Safe" in graded.page  # MathJax drops \href and \style with this extension
