//! What is told to people: the names of places, and the report that says why a program runs as it
//! does.

mod host;
mod names;
mod why;
