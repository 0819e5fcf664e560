//! The text form of traces: printer and parser.
