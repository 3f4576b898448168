"""How the Browser draws nodes and relationships: GraSS, its style sheet, as JSON.

Style goes by label and type only. A concept bears ``Concept`` and its category; the later rule wins, so ``Concept`` comes first and
is what a category without a rule of its own looks like.
"""

from __future__ import annotations

from kgpaths.vocabulary import CATEGORIES, PREDICATES, Predicate

Rule = dict[str, str]

PLAIN = "#C9CED6"  # a concept of which no more is known
INK, PAPER = "#1B1F24", "#FFFFFF"

COLOURS = {
    "Disease": "#F27E75",
    "PhenotypicFeature": "#F7B538",
    "DiseaseOrPhenotypicFeature": "#EE9A5B",
    "Drug": "#6AA9F7",
    "ChemicalEntity": "#A4DDFA",
    "SmallMolecule": "#4FCFD6",
    "ChemicalOrDrugOrTreatment": "#4A74CC",
    "Procedure": "#A79BF5",
    "Gene": "#62BD62",
    "GenomicEntity": "#8FE8AE",
    "Polypeptide": "#B8E06F",
    "BiologicalProcess": "#CB8FF0",
    "PathologicalProcess": "#E36FBE",
    "MolecularActivity": "#E3C8F7",
    "AnatomicalEntity": "#BE9468",
    "Cell": "#EED9A8",
    "CellularComponent": "#E8BFA6",
    "OrganismalEntity": "#A8A33C",
    "OrganismTaxon": "#DDD266",
    "DiagnosticAid": "#3FA58D",
    "Device": "#9CCFC2",
    "InformationContentEntity": "#8CA3BE",
    "GeneticInheritance": "#F9A8D0",
    "Attribute": "#F3C6CF",
}
"""Categories with a colour of their own; the others have their nearest ancestor's."""

PUSHED = {
    "Run": ("#24292F", "{name}"),
    "Question": ("#1B4F9C", "{id}"),
    "Option": ("#7A3B9E", "{key}: {text}"),
    "ThinkingPath": ("#A64B00", "{option} {rank}"),
    "Step": ("#20694A", "{order}: {kind}"),
    "Verdict": ("#AD1F1F", "{check}: {code}"),
    "Graph": ("#5C4531", "{name}"),
    "Retired": ("#666D76", "{name}"),
}
"""Labels that are no concepts: colour and caption."""

SIZES = {"Question": "80px", "Run": "80px", "ThinkingPath": "40px", "Verdict": "50px"}

RELATIONS = {
    "MENTIONS": ("#1B4F9C", "{assertion}"),
    "HAS_QUESTION": ("#8C959F", "<type>"),
    "HAS_OPTION": ("#7A3B9E", "<type>"),
    "NAMES": ("#7A3B9E", "<type>"),
    "HAS_PATH": ("#A64B00", "<type>"),
    "STARTS_AT": ("#A64B00", "<type>"),
    "SUPPORTS": ("#A64B00", "<type>"),
    "HAS_STEP": ("#20694A", "<type>"),
    "HAS_VERDICT": ("#AD1F1F", "<type>"),
    "LOADING": ("#A5ABB6", "<type>"),  # at a graph while it is loaded
}
"""Types that are no edges of a graph: colour and caption. ``HOP`` has more."""

OPPOSES, SUPPORTS, QUIET = "#C62828", "#57606A", "#A5ABB6"


def style() -> dict[str, Rule]:
    """Return the rules by selector, in the order in which they are applied."""
    rules = {"node": node(PLAIN, "<id>"), "node.Concept": node(PLAIN, "{name}")}
    rules |= {f"node.{category}": {**colours(colour_of(category)), "caption": "{name}"} for category in CATEGORIES}
    rules |= {f"node.{label}": {**node(colour, caption), "diameter": SIZES.get(label, "60px")} for label, (colour, caption) in PUSHED.items()}
    rules["relationship"] = relation(QUIET, "<type>")
    rules |= {f"relationship.{predicate.name}": relation(line_of(predicate), "<type>") for predicate in PREDICATES.values()}
    rules |= {f"relationship.{kind}": relation(colour, caption) for kind, (colour, caption) in RELATIONS.items()}
    rules["relationship.HOP"] = relation("#E8590C", "{predicate}") | {"shaft-width": "5px", "font-size": "11px"}
    return rules


def colour_of(category: str) -> str:
    """Return the colour of a category: its own, else its nearest ancestor's."""
    return next((COLOURS[one] for one in (category, *CATEGORIES[category]) if one in COLOURS), PLAIN)


def line_of(predicate: Predicate) -> str:
    """Return the colour of an edge: red where it speaks against, pale where it is taxonomy, mapping or coding."""
    if predicate.polarity == "opposes":
        return OPPOSES
    return SUPPORTS if predicate.role == "clinical" else QUIET


def node(colour: str, caption: str) -> Rule:
    """Return the rule of a node."""
    return {"diameter": "65px", "border-width": "2px", "font-size": "10px", **colours(colour), "caption": caption}


def colours(colour: str) -> Rule:
    """Return a node's colour with a darker border and the text colour that is read best on it."""
    return {"color": colour, "border-color": darker(colour), "text-color-internal": max(INK, PAPER, key=lambda text: contrast(text, colour))}


def relation(colour: str, caption: str) -> Rule:
    """Return the rule of a relationship."""
    text = {"text-color-external": INK, "text-color-internal": PAPER}
    return {"color": colour, "shaft-width": "1px", "font-size": "9px", "padding": "3px", **text, "caption": caption}


def channels(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue of ``#RRGGBB``, 0 to 1."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def darker(colour: str) -> str:
    """Return a colour a quarter darker."""
    return "#" + "".join(f"{round(channel * 0.75 * 255):02X}" for channel in channels(colour))


def contrast(one: str, other: str) -> float:
    """Return how well one colour stands out from another, 1 to 21 (WCAG 2.2, contrast ratio)."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Return how bright a colour is, 0 to 1 (WCAG 2.2, relative luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
