"""The planning domain: frames in, frames and verdicts out; no pages, no files, no clock."""
