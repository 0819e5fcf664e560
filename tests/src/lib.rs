//! What the integration suites share.
