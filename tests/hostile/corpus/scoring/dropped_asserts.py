"""A transformer of the syntax tree drops every assert of the cells that follow."""

CELLS = {
    "scale_code": "import ast\n"
    "class Drop(ast.NodeTransformer):\n    visit_Assert = lambda self, node: ast.Pass()\n"
    "get_ipython().ast_transformers.append(Drop())\n"
    "def scale(x, f):\n    return x"
}
DUE = {"scale": 0, "total": 0}
