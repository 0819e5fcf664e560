//! The code blocks of the book that are not listings, compiled and run as doctests.

#[doc = include_str!("../../docs/src/embedding.md")]
#[derive(Debug)]
pub struct EmbeddingGuide;
