//! Puzzles: text ⇄ tokens, rules that judge, drawing. Nothing here knows a model or a device.
