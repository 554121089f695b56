"""
What every face does, said once: plain functions that take plain data and give plain data back.

The command line, the plugin of `llm`, a page, an API: each turns what it was given into these arguments, makes one call
and shows what comes back. Nothing here prints, asks for a terminal or knows a flag.

    from rag.app.open import open_index, open_generator
    from rag.app.ask import AskRequest, ask

    with open_index("rag.db") as index:
        print(ask(index, AskRequest("how do I export bookmarks?"), open_generator("smollm2")).object["answer"])
"""
