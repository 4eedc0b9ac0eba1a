"""Damaged and hostile files, made by code, against everything that reads.

usage: scripts/fuzz [--files 5000 | --seconds 60] [--seed 0] [--keep build/fuzz]

File number k of a seed is always made in the same way. Each goes through `probe`, `read_audio`,
`sample_frames` and `predict` (tables, predictions, manifests and graphs through their own readers)
in a process of its own memory limit, watched from outside. What must never happen: the process dies
of a signal, works on one file for more than 20 s, raises what is no AffuseError, or takes more
than 2 GiB. Such a file is kept and named. How it is done: `seeds`, `crafted`, `mutations`,
`targets`, `watching`.
"""
