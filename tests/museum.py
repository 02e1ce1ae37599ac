"""Where the museum's file is."""

from pathlib import Path

ALZHIR = Path(__file__).resolve().parent.parent / "tours" / "museums" / "alzhir.yaml"
