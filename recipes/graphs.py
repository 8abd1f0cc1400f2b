"""`python -m recipes.graphs`: the graphs that ship, of every shipped checkpoint that can have some; those no longer needed go."""

from pathlib import Path

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.export.template import SHIPPED_GRAPHS, architecture_digest, make_template
from comp_viz.resources import shipped


def main() -> None:
    """Make those that are missing. One takes about ten seconds."""
    wanted = set[Path]()
    for config in sorted(shipped("checkpoints").glob("*/config.json")):
        checkpoint = load_checkpoint(config.parent)
        if checkpoint.method.no_graph:
            continue
        path = SHIPPED_GRAPHS / f"{architecture_digest(checkpoint)}.zip"
        wanted.add(path)
        if not path.is_file():
            path.write_bytes(make_template(checkpoint).to_bytes())
            print(f"Wrote {path} for {config.parent.name}.")
    for path in set(SHIPPED_GRAPHS.iterdir()) - wanted:
        path.unlink()
        print(f"Removed {path}.")


if __name__ == "__main__":
    main()
