"""The audio files of a stimulus set on disk: new ones beside old ones, then the old ones go."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from .errors import EarwitnessError
from .manifest import Stimulus, StimulusSet, load_stimuli, stimulus_path, write_file
from .page_audio import StimulusFile
from .stimulus_page import StimulusPage
from .study import StudyFolder


@dataclass
class StimulusStore:
    """Writes audio under random names, or under the name that the same audio had before."""

    folder: StudyFolder
    new: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self._old: StimulusSet | None = load_stimuli(self.folder)
        except EarwitnessError:
            self._old = None

    def stimulus(self, page: StimulusPage, file: StimulusFile) -> Stimulus:
        """Keep a file of a page."""
        version = file.version
        key = (page.page, page.item, version.system, file.sha256)
        known = {(s.page, s.item, s.system, s.sha256): s.id for s in self._old_stimuli()}
        return Stimulus(
            id=self._write(known.get(key), file.content),
            item=page.item,
            system=version.system,
            role=version.role,
            is_training=page.is_training,
            page=page.page,
            take=version.take,
            frames=file.frames,
            bytes=len(file.content),
            sha256=file.sha256,
            gain_db=round(file.gain_db, 4),
            loudness_lufs=round(file.loudness_lufs, 4),
            true_peak_dbtp=round(file.true_peak_dbtp, 4),
            flags=_flags(file),
        )

    def noise(self, content: bytes) -> str:
        """Keep the level-setting noise; returns its id."""
        return self._write(self._old.level_noise if self._old else None, content)

    def undo(self) -> None:
        """Remove what this preparation added."""
        for name in self.new:
            stimulus_path(self.folder, name).unlink(missing_ok=True)

    def remove_others(self, stimuli: StimulusSet) -> None:
        """Remove audio that does not belong to the set; nothing else is touched."""
        for path in self.folder.stimuli.glob("*.wav"):
            if re.fullmatch(r"[0-9a-f]{32}", path.stem) and path.stem not in stimuli.ids:
                path.unlink(missing_ok=True)

    def _old_stimuli(self) -> tuple[Stimulus, ...]:
        return self._old.stimuli if self._old else ()

    def _write(self, known: str | None, content: bytes) -> str:
        path = stimulus_path(self.folder, known) if known else None
        if known and path and not path.exists():  # it was lost: here it is again
            write_file(path, content, mode=0o644)
            return known
        if known and path and path.read_bytes() == content:
            return known
        name = secrets.token_hex(16)
        write_file(stimulus_path(self.folder, name), content, mode=0o644)
        self.new.append(name)
        return name


def _flags(file: StimulusFile) -> tuple[str, ...]:
    return (f"lowered {file.lowered_db:.2f} dB",) if file.lowered_db else ()
