"""The peer: a PrimeKG file read with pandas and put into ``networkx.Graph`` by a Python loop over its rows.

    python benchmarks/networkx_loop.py kg.csv iterrows      # as published code does it
    python benchmarks/networkx_loop.py kg.csv itertuples    # the same loop, written with care

Twin rows fall together, relations of one pair overwrite each other, and the file is read again at every start.
"""

from __future__ import annotations

import sys

import networkx as nx
import pandas as pd


def main() -> None:
    path, how = sys.argv[1:]
    rows = pd.read_csv(path, low_memory=False)
    graph = nx.Graph()
    for row in rows.itertuples() if how == "itertuples" else (row for _, row in rows.iterrows()):
        graph.add_node(row.x_index, name=row.x_name, type=row.x_type)
        graph.add_node(row.y_index, name=row.y_name, type=row.y_type)
        graph.add_edge(row.x_index, row.y_index, relation=row.relation, display_relation=row.display_relation)
    print(f"{graph.number_of_nodes():,} nodes, {graph.number_of_edges():,} edges")


if __name__ == "__main__":
    main()
