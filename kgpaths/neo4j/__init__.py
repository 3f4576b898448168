"""Neo4j: load graphs, push the paths of a run, look at them in the Browser. The only room that imports the driver.

``connection`` talks to a server, ``cypher`` and ``cypher_saved`` hold every query, ``load`` copies a graph, ``push`` a run, ``finder`` searches
paths there, ``serve`` runs a server for those without Docker, ``guide`` shows the Browser what to look at.
"""
