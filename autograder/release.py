"""What nbgrader does to a solution to make the students' version: its own steps, and one more."""

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import NbGraderPreprocessor


class DropWidgetState(NbGraderPreprocessor):
    """nbgrader clears outputs, but leaves what the executed solution's widgets looked like in the metadata."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        nb.metadata.pop("widgets", None)
        return nb, resources


STEPS = [*GenerateAssignment().preprocessors, DropWidgetState]
