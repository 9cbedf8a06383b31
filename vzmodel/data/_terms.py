"""The page that says whose each figure is and what may be passed on; written from the descriptor, never by hand."""

from __future__ import annotations

from pathlib import Path

from vzmodel.data._store import resources

INTRODUCTION = """# Data terms

Every table of `data/` is our own: columns, choice and arrangement are under the MIT licence of this project, and each
row names the publisher of its figure and an address. The figures keep the terms of their sources. Written by
`vzmodel data terms` from `data/datapackage.json`; change it there.

- US government works (EIA, NASA, Census, OFAC) are in the public domain.
- World Bank, UNHCR, Eurostat and the European Commission: CC BY 4.0 or its like; name them.
- JODI, IMF, UN Comtrade, NetBlocks: free with attribution.
- Energy Institute and OPEC: only the Venezuelan values are here, as single facts with attribution. Never pass on, and
  never add, a table of theirs whole.
- Press: single facts with the address; no sentence is kept.
"""


def terms(folder: str | Path | None = None) -> str:
    """Return the page of sources, terms and what may be passed on, in Markdown.

    Parameters
    ----------
    folder : path, optional
        A user's folder; its own descriptions stand before the shipped ones.

    Examples
    --------
    >>> terms().splitlines()[0]
    '# Data terms'
    """
    parts = [INTRODUCTION]
    for name, resource in resources(folder).items():
        sources = "; ".join(_link(s) for s in resource.get("sources", []))
        licences = "; ".join(_link(licence) for licence in resource.get("licenses", []))
        parts.append(
            f"## {name}\n\n{resource['title']} (`{resource['path']}`).\n\n"
            f"- Sources: {sources or 'not stated'}.\n- Terms: {licences or 'not stated'}.\n"
            f"- May be passed on: {resource.get('redistribution', 'not stated')}.\n"
        )
    return "\n".join(parts)


def _link(named: dict) -> str:
    title = named.get("title") or named["name"]
    return f"[{title}]({named['path']})" if named.get("path") else title
