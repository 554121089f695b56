"""
Models behind an OpenAI-compatible endpoint, whatever it really keeps to.

`exchange` sends one request, bounded in time and size; `endpoint` has the key, the pace and the patience; `problems`
says whose fault an error is; `completion` reads a reply in all its forms and `value` the JSON in it; `manners`
remembers what the endpoint takes; `generator` and `embedder` are the models, `batchfile` the files of a night's work;
`local` finds servers on this machine.
"""

from rag.models.hosted.embedder import HostedEmbedder
from rag.models.hosted.endpoint import Endpoint, Limits
from rag.models.hosted.generator import HostedGenerator

__all__ = ["Endpoint", "HostedEmbedder", "HostedGenerator", "Limits"]
