"""A raster in: what was recognised, where it lies, what it holds."""

from app.answers.answer import Answer
from app.context import Context
from layers.contracts import RASTERS
from layers.exchange.raster_importing import RasterResult
from layers.exchange.request import ImportRequest


def raster_answer(context: Context, request: ImportRequest, result: RasterResult) -> Answer:
    """Answer ``import`` of a raster."""
    words = context.words
    zh, en, unit = RASTERS[result.layer]
    lines = [
        words.text(
            "summary_raster_import", name=zh if words.language == "zh" else en,
            cells=result.cells, with_value=result.with_value, lowest=result.lowest,
            highest=result.highest, unit=unit,
        )
    ]  # fmt: skip
    detected = [
        {"code": note.code, **note.values, "text": words.text(note.code, **note.values)}
        for note in result.detected
    ]
    lines += [str(note["text"]) for note in detected]
    if not result.stored:
        lines.append(words.text("dry_run_said"))
    return Answer(
        title=words.text("title_import", file=request.path.name),
        parameters={
            "file": request.path.name, "layer": request.layer, "mode": request.mode,
            "dry_run": request.dry_run,
        },
        result={
            "detected": detected, "cells": result.cells, "with_value": result.with_value,
            "lowest": result.lowest, "highest": result.highest,
        },
        sheets=(),
        summary=tuple(lines),
    )  # fmt: skip
